import { create, getOption, hasOption, type DescField, type DescMessage, type Message } from '@bufbuild/protobuf';
import { header as headerOption } from '@tonegrid/contracts';
import { invalid, Refused } from '@tonegrid/errors';
import { checkRules, isUuid } from '@tonegrid/rpc';
import { compileFill, isObject, type FillMessage } from './from-json';
import { compileQuery, type Query } from './from-query';
import { Problems } from './problems';
import type { ContractRoute } from './routes';

/** A request, taken apart. */
export interface RequestParts {
  path: Readonly<Record<string, string>>;
  query: Query;
  /** Parsed JSON; undefined when there was no body. */
  body: unknown;
  /** By name in lower case. */
  headers?: Readonly<Record<string, string | string[] | undefined>>;
}

/** Fields of a request that come from its headers: name of the header → field. */
export const headerFields = (message: DescMessage): ReadonlyMap<string, DescField> =>
  new Map(message.fields.filter((field) => hasOption(field, headerOption)).map((field) => [getOption(field, headerOption), field]));

/** Throws the route's not-found refusal for a path parameter that is no UUID where one must stand: it names nothing. */
export function checkPath(route: ContractRoute, path: Readonly<Record<string, string>>): void {
  for (const { name, uuid } of route.parameters) if (uuid && !isUuid(path[name] ?? '')) throw new Refused(route.notFound);
}

/**
 * Compiles how a route's request becomes its message. The result throws `validation.failed` with everything that is wrong, by
 * type and by rule, and the route's not-found refusal for an impossible path.
 */
export function compileRequest(route: ContractRoute): (parts: RequestParts) => Message {
  const { method, parameters, body } = route;
  const fromHeaders = [...headerFields(method.input)].map(([name, field]) => ({ name, localName: field.localName }));
  const bound = new Set([...parameters, ...headerFields(method.input).values()].map(({ name }) => name));
  const bodyMessage = typeof body === 'object' ? body.message : undefined;
  const fillQuery =
    body === 'all' ? undefined : compileQuery(method.input, typeof body === 'object' ? new Set([...bound, body.name]) : bound);
  const fillBody = body === 'all' ? compileFill(method.input, bound) : bodyMessage ? compileFill(bodyMessage) : refuseAll;
  const prefix = typeof body === 'object' ? body.name : '';

  return ({ path, query, body: json, headers }) => {
    checkPath(route, path);
    const problems = new Problems();
    const message = create(method.input);
    const values = message as unknown as Record<string, unknown>;
    for (const { name, localName } of parameters) values[localName] = path[name];
    for (const { name, localName } of fromHeaders) {
      const given = headers?.[name];
      if (given !== undefined) values[localName] = Array.isArray(given) ? given.join(', ') : given;
    }
    fillQuery?.(message, query, problems);
    const target = bodyMessage && typeof body === 'object' ? (values[body.localName] = create(bodyMessage)) : message;
    if (json === undefined || json === null) fillBody(target, {}, '', problems);
    else if (isObject(json)) fillBody(target, json, '', problems);
    else problems.add('body', 'object');
    problems.merge(checkRules(method.input, message), prefix);
    const errors = problems.errors();
    if (errors) throw invalid(errors);
    return message;
  };
}

/** An endpoint without a body takes an empty object; a name in it is unknown like any other. */
const refuseAll: FillMessage = (_target, source, _path, problems) => Object.keys(source).forEach((name) => problems.add(name, 'unknown'));
