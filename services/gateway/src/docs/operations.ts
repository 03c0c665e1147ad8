import { hasOption } from '@bufbuild/protobuf';
import { cookie as cookieOption, Family, RateClass, Transport } from '@tonegrid/contracts';
import { queryFields } from '../contract/from-query';
import { compileNextCursor } from '../contract/next-page';
import { headerFields } from '../contract/read-request';
import type { ContractRoute } from '../contract/routes';
import { honoursKeys } from '../http/idempotency-key';
import { documentFields } from '../raw/xml';
import { errorCodesOf, errorResponses, rateLimitHeaders } from './error-responses';
import { commentOf, type Schema, type Schemas } from './schemas';

/** One endpoint as an OpenAPI operation. */
export function operationOf(route: ContractRoute, schemas: Schemas, responses: Record<string, Schema>): Schema {
  const { method, access } = route;
  const comment = commentOf(`${method.parent.typeName}.${method.name}`) ?? method.name;
  const parameters = parametersOf(route, schemas);
  const requestBody = requestBodyOf(route, schemas);
  return {
    operationId: method.localName,
    summary: summaryOf(comment),
    description: [comment, accessNote(route)].join('\n\n'),
    tags: [access.tag],
    security: securityOf(route),
    ...(parameters.length > 0 && { parameters }),
    ...(requestBody && { requestBody }),
    responses: {
      [String(route.success)]: successOf(route, schemas),
      ...errorResponses(
        errorCodesOf(
          route,
          parameters.some((each) => each['in'] === 'query'),
        ),
        responses,
        access.oauth,
      ),
    },
  };
}

/** The first sentence, without its full stop. */
const summaryOf = (comment: string): string => (/^(.*?[^.])[.:;](\s|$)/.exec(comment)?.[1] ?? comment).slice(0, 120);

function accessNote({ access }: ContractRoute): string {
  const who =
    access.who.case === 'public'
      ? 'No token is needed.'
      : access.who.case === 'scope'
        ? `Needs the scope \`${access.who.value}\`.`
        : 'Any valid token will do.';
  const rate = access.rate === RateClass.NONE ? '' : ` Rate class: ${RateClass[access.rate].toLowerCase()}.`;
  return `${who}${rate}${access.audit === '' ? '' : ` On record in the audit log as \`${access.audit}\`.`}`;
}

function securityOf({ access }: ContractRoute): Schema[] {
  if (access.oauth) return [{}, { client: [] }];
  if (access.who.case === 'public') return [];
  const scopes = access.who.case === 'scope' ? [access.who.value] : [];
  return [{ oauth2: scopes }, { apiKey: scopes }, { session: scopes }];
}

function parametersOf(route: ContractRoute, schemas: Schemas): Schema[] {
  const { method, parameters, body } = route;
  const fromHeaders = headerFields(method.input);
  const bound = new Set([...parameters, ...fromHeaders.values()].map(({ name }) => name));
  const inPath = parameters.map(({ name, uuid }): Schema => {
    const field = method.input.fields.find((each) => each.name === name);
    const description = field && commentOf(`${method.input.typeName}.${name}`);
    return {
      name,
      in: 'path',
      required: true,
      ...(description && { description }),
      schema: uuid ? { type: 'string', format: 'uuid' } : { type: 'string' },
    };
  });
  if (typeof body === 'object') bound.add(body.name);
  const isXml = route.access.transport === Transport.XML;
  if (isXml) for (const name of documentFields) bound.add(name);
  const fields = body === 'all' || (route.access.transport !== Transport.UNSPECIFIED && !isXml) ? [] : queryFields(method.input, bound);
  const inQuery = fields.map((field): Schema => {
    const description = commentOf(`${method.input.typeName}.${field.name}`);
    return { name: field.name, in: 'query', ...(description && { description }), schema: schemas.parameter(field) };
  });
  const ownHeaders = [...fromHeaders].map(([name, field]): Schema => {
    const description = commentOf(`${method.input.typeName}.${field.name}`);
    return { name, in: 'header', ...(description && { description }), schema: schemas.parameter(field) };
  });
  const headers = [
    ...ownHeaders,
    { $ref: '#/components/parameters/RequestId' },
    ...(honoursKeys(route) ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
  ];
  return [...inPath, ...inQuery, ...headers];
}

function requestBodyOf(route: ContractRoute, schemas: Schemas): Schema | undefined {
  const { method, access, body, parameters } = route;
  if (access.transport === Transport.MULTIPART) {
    const file = { type: 'string', contentMediaType: 'application/octet-stream', description: 'The file.' };
    return {
      required: true,
      content: {
        'multipart/form-data': { schema: { type: 'object', required: [access.uploadField], properties: { [access.uploadField]: file } } },
      },
    };
  }
  if (access.transport === Transport.XML) {
    const description = commentOf(`${method.input.typeName}.document`);
    const file = { type: 'string', contentMediaType: 'application/xml', ...(description && { description }) };
    return {
      required: true,
      ...(description && { description }),
      content: {
        'application/xml': {},
        'text/xml': {},
        'multipart/form-data': { schema: { type: 'object', required: [access.uploadField], properties: { [access.uploadField]: file } } },
      },
    };
  }
  if (access.transport === Transport.SIGNED_BODY)
    return {
      required: true,
      description: commentOf(`${method.input.typeName}.body`),
      content: { 'application/json': { schema: { type: 'object' } } },
    };
  if (!body) return undefined;
  const schema =
    body === 'all'
      ? schemas.input(method.input, new Set([...parameters, ...headerFields(method.input).values()].map(({ name }) => name)))
      : schemas.input(body.message!);
  return {
    required: true,
    content: { 'application/json': { schema }, ...(access.oauth && { 'application/x-www-form-urlencoded': { schema } }) },
  };
}

function successOf(route: ContractRoute, schemas: Schemas): Schema {
  const { method, access } = route;
  const headers = {
    'X-Request-Id': { $ref: '#/components/headers/RequestId' },
    ...(access.rate !== RateClass.NONE && rateLimitHeaders),
    ...(honoursKeys(route) && { 'X-ToneGrid-Idempotent-Replay': { $ref: '#/components/headers/IdempotentReplay' } }),
    ...((access.clearCookie !== '' || method.output.fields.some((field) => hasOption(field, cookieOption))) && {
      'Set-Cookie': { $ref: '#/components/headers/SetCookie' },
    }),
    ...(compileNextCursor(method.output) && { Link: { $ref: '#/components/headers/Link' } }),
  };
  if (route.success === 204) return { description: 'Done; there is nothing to say.', headers };
  const description = commentOf(method.output.typeName) ?? 'Done.';
  if (access.transport === Transport.FILE) {
    const type = route.template.endsWith('.xml') ? 'application/xml' : 'application/octet-stream';
    return {
      description,
      headers: { ...headers, 'Content-Disposition': { $ref: '#/components/headers/Disposition' } },
      content: { [type]: {} },
    };
  }
  const plain = schemas.outputObject(method.output) as Schema & { properties: Schema; required?: string[] };
  schemas.components[method.output.name] =
    access.family === Family.ENVELOPE
      ? { ...plain, required: ['success', ...(plain.required ?? [])], properties: { success: { const: true }, ...plain.properties } }
      : plain;
  return { description, headers, content: { 'application/json': { schema: { $ref: `#/components/schemas/${method.output.name}` } } } };
}
