import { isUtf8 } from 'node:buffer';
import type { DescMessage } from '@bufbuild/protobuf';
import { Refused } from '@tonegrid/errors';

const wrong = (reason: string): Refused => new Refused('auth.invalid_request', { params: { reason } });

/** Whether a Content-Type is that of an HTML form. */
export const isForm = (contentType: string | undefined): boolean =>
  contentType?.split(';', 1)[0]!.trim().toLowerCase() === 'application/x-www-form-urlencoded';

/**
 * A form-urlencoded body as the object that its JSON would be. Parameters without a value count as left out, unknown ones are
 * ignored, and one that is given twice makes the request invalid (RFC 6749, 3.2). Throws `auth.invalid_request`, `request.malformed`.
 */
export function parseForm(bytes: Buffer, message: DescMessage): Record<string, string> {
  if (!isUtf8(bytes)) throw new Refused('request.malformed');
  const known = new Set(message.fields.map(({ name }) => name));
  const values: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(bytes.toString())) {
    if (!known.has(name) || value === '') continue;
    if (Object.hasOwn(values, name)) throw wrong(`the parameter ${name} is given more than once`);
    values[name] = value;
  }
  return values;
}

const basic = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i;

/**
 * A body with the client credentials of an Authorization header of HTTP Basic in it, where the message takes some (RFC 6749, 2.3.1:
 * both parts are form-urlencoded first). A client uses one way only: with a secret, or another id, in the body too the request is
 * invalid. Throws `auth.invalid_client` for a header that cannot be read, `auth.invalid_request`.
 */
export function withBasicClient(body: unknown, header: string | undefined, message: DescMessage): unknown {
  if (header === undefined || !/^basic\b/i.test(header) || !message.fields.some(({ name }) => name === 'client_secret')) return body;
  const client = readBasic(header);
  if (body !== undefined && (typeof body !== 'object' || body === null || Array.isArray(body))) return body;
  const { client_id: id, client_secret: secret } = (body ?? {}) as Record<string, unknown>;
  if (secret !== undefined || (id !== undefined && id !== client.client_id)) throw wrong('the client authenticates in more than one way');
  return { ...body, ...client };
}

function readBasic(header: string): { client_id: string; client_secret: string } {
  const encoded = basic.exec(header)?.[1];
  const text = Buffer.from(encoded ?? '', 'base64').toString();
  const colon = text.indexOf(':');
  if (encoded === undefined || colon < 1) throw new Refused('auth.invalid_client');
  return { client_id: formDecoded(text.slice(0, colon)), client_secret: formDecoded(text.slice(colon + 1)) };
}

function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replace(/\+/g, ' '));
  } catch (error) {
    if (error instanceof URIError) throw new Refused('auth.invalid_client');
    throw error;
  }
}
