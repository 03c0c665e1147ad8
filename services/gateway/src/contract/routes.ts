import { getOption, hasOption, ScalarType, type DescField, type DescMethod, type DescService } from '@bufbuild/protobuf';
import {
  access as accessOption,
  Family,
  Format,
  http,
  RateClass,
  rule as ruleOption,
  Transport,
  type Access,
  type HttpRule,
} from '@tonegrid/contracts';
import { isErrorCode, type ErrorCode } from '@tonegrid/errors';

/** A variable of a route's path. */
export interface PathParameter {
  name: string;
  localName: string;
  /** It must be a UUID; anything else names nothing. */
  uuid: boolean;
}

/** One REST endpoint, as the contract describes it. */
export interface ContractRoute {
  /** Name of the service that answers, a key of `services`. */
  service: string;
  method: DescMethod;
  verb: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path as the contract writes it, `/releases/{uuid}`: also the name in metrics and idempotency records. */
  template: string;
  /** Path for the router, `/releases/:uuid`. */
  path: string;
  parameters: PathParameter[];
  /** What the body is: the whole message, one field of it, or nothing. */
  body: 'all' | DescField | undefined;
  access: Access;
  success: number;
  /** What is answered when a path parameter names nothing. */
  notFound: ErrorCode;
}

/** Every endpoint of the services. Throws for a binding that is incomplete or contradicts itself: such a gateway does not start. */
export function contractRoutes(services: Readonly<Record<string, DescService>>): ContractRoute[] {
  const routes = Object.entries(services).flatMap(([service, desc]) =>
    desc.methods.filter((method) => hasOption(method, http)).map((method) => contractRoute(service, method)),
  );
  const seen = new Map<string, string>();
  for (const { verb, template, method } of routes) {
    const shape = `${verb} ${template.replace(/\{\w+\}/g, '{}')}`;
    const other = seen.get(shape);
    if (other) throw new Error(`${method.toString()} and ${other} are both bound to ${shape}`);
    seen.set(shape, method.toString());
  }
  return routes;
}

function contractRoute(service: string, method: DescMethod): ContractRoute {
  const refuse = (why: string): never => {
    throw new Error(`${method.toString()}: ${why}`);
  };
  if (!hasOption(method, accessOption)) refuse('has a REST binding but no access option');
  const access = getOption(method, accessOption);
  if (access.who.case === undefined) refuse('its access option does not say who may call');
  if (access.who.case === 'scope' && access.who.value === '') refuse('its scope is empty');
  if (access.rate === RateClass.UNSPECIFIED) refuse('has no rate class');
  if (access.family === Family.UNSPECIFIED) refuse('has no response family');
  for (const code of [...access.errors, ...(access.notFound === '' ? [] : [access.notFound])])
    if (!isErrorCode(code)) refuse(`the error code ${code} is not in the table`);

  const rule = getOption(method, http);
  const { verb, template } = patternOf(rule) ?? refuse('its REST binding has no path');
  if (verb !== 'GET' && (access.audit === '') === (access.notAudited === ''))
    refuse('must say which action the audit log gets, or why it gets none');
  if (rule.additionalBindings.length > 0) refuse('additional bindings are not served');
  const streaming = access.transport === Transport.MULTIPART;
  if (method.methodKind !== (streaming ? 'client_streaming' : 'unary'))
    refuse(streaming ? 'a multipart upload must be client-streaming' : 'must be unary');
  if (streaming && access.uploadField === '') refuse('does not name the field of its upload');

  const parameters = [...template.matchAll(/\{(\w+)\}/g)].map((match): PathParameter => {
    // An upload carries its path in the start message, `UploadStart`.
    if (streaming) return { name: match[1]!, localName: match[1]!, uuid: match[1] === 'uuid' };
    const field = method.input.fields.find((each) => each.name === match[1]);
    if (field?.scalar !== ScalarType.STRING || field.fieldKind !== 'scalar')
      return refuse(`the path parameter ${match[1]} is not a text field of the request`);
    return {
      name: field.name,
      localName: field.localName,
      uuid: hasOption(field, ruleOption) && getOption(field, ruleOption).format === Format.UUID,
    };
  });
  if (parameters.some((each) => each.uuid) && access.notFound === '') refuse('does not say what is answered when its path names nothing');

  return {
    service,
    method,
    verb,
    template,
    path: routerPath(template),
    parameters,
    body: rule.body === '' ? undefined : rule.body === '*' ? 'all' : bodyField(method, rule.body, refuse),
    access,
    success: access.success || 200,
    notFound: isErrorCode(access.notFound) ? access.notFound : 'route.not_found',
  };
}

function bodyField(method: DescMethod, name: string, refuse: (why: string) => never): DescField {
  const field = method.input.fields.find((each) => each.name === name);
  return field?.fieldKind === 'message' ? field : refuse(`its body ${name} is not a message field of the request`);
}

function patternOf(rule: HttpRule): { verb: ContractRoute['verb']; template: string } | undefined {
  const { case: name, value } = rule.pattern;
  if (name === undefined || name === 'custom') return undefined;
  return { verb: name.toUpperCase() as ContractRoute['verb'], template: value };
}

/** A variable before a suffix (`{dsp_slug}.xml`) is confined to what slugs are made of, so that the longer name wins. */
const routerPath = (template: string): string =>
  template.replace(/\{(\w+)\}(?=([^/]?))/g, (_, name: string, next: string) => (next === '' ? `:${name}` : `:${name}([A-Za-z0-9_-]+)`));
