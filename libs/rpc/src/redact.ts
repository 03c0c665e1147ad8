/**
 * What of a value may stand in a log line. Two nets: fields whose name is that of a secret lose their value at any depth, and whatever
 * looks like a secret is cut out of the finished line, wherever it came from (a message, a stack, an address with a password).
 */

const secretName =
  /authorization|cookie|passw|passphrase|secret|token|credential|signature|api[-_]?key|private[-_]?key|encryption[-_]?key|idempotency[-_]?key|^key$/i;
const censor = '[redacted]';
const deepest = 6;
const mostEntries = 100;
const longestText = 8_000;

// Each keeps what tells the reader which secret it was. Values end at what cannot be part of them; in a line of JSON quotes are
// escaped, so a backslash ends them too.
const secretForms: [RegExp, string][] = [
  // postgres://app:password@host, and nats://token@host
  [/([a-z][a-z0-9+.-]*:\/\/[^\s:@/?#"\\]*):[^\s@/?#"\\]*@/gi, `$1:${censor}@`],
  [/\b((?:nats|tls|wss?):\/\/)[^\s:@/?#"\\]+@/gi, `$1${censor}@`],
  // ?X-Amz-Signature=…, password=… of a connection string
  [/\b([\w.-]*(?:passw(?:or)?d|secret|token|signature|credential|api_?key)[\w.-]*=)[^\s&"'\\;,]+/gi, `$1${censor}`],
  // Authorization: Basic … (RFC 9110, 11.6.2), and Bearer … anywhere (RFC 6750)
  [/(authorization["'\\]*\s*[:=]\s*["'\\]*(?:\w+ +)?)[^\s"'\\,;]+/gi, `$1${censor}`],
  [/\b(Bearer) +[A-Za-z0-9._~+/-]{16,}=*/gi, `$1 ${censor}`],
  // our own: API keys, client secrets, refresh tokens, webhook secrets
  [/\b(tg[a-z]_|whsec_)[A-Za-z0-9+/_-]{16,}=*/g, `$1${censor}`],
  // JSON Web Tokens
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g, censor],
];

/** A text without the secrets that can be told by their form. A line of JSON stays one. */
export function scrubbed(text: string): string {
  let clean = text;
  for (const [form, replacement] of secretForms) clean = clean.replace(form, replacement);
  return clean;
}

/** The fields of a log line as they may be written: secrets by name replaced, errors cut to what they say, bytes counted. */
export function loggable(fields: object, depth = 0): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  let entries = 0;
  for (const [name, value] of Object.entries(fields)) {
    if ((entries += 1) > mostEntries) {
      shown['…'] = 'more fields were left out';
      break;
    }
    shown[name] = secretName.test(name) && isSecret(value) ? censor : valueOf(value, depth + 1);
  }
  return shown;
}

// Whether one is there is no secret.
const isSecret = (value: unknown): boolean => value !== undefined && value !== null && typeof value !== 'boolean';

function valueOf(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.length > longestText ? `${value.slice(0, longestText)}… (${value.length} characters)` : value;
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (isError(value)) return errorOf(value, depth);
  if (value instanceof Date) return value;
  if (ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`;
  if (depth > deepest) return '(too deep)';
  if (Array.isArray(value)) {
    const shown = value.slice(0, mostEntries).map((each) => valueOf(each, depth + 1));
    return value.length > mostEntries ? [...shown, `(${value.length} items)`] : shown;
  }
  const { toJSON } = value as { toJSON?: unknown };
  return typeof toJSON === 'function' ? valueOf((value as { toJSON(): unknown }).toJSON(), depth + 1) : loggable(value, depth);
}

// By shape: errors of Node's own sockets are of another realm where code runs in a vm context.
const isError = (value: object): value is Error => 'stack' in value && 'message' in value;

/** Of the properties that libraries hang on their errors (the query with its parameters, the request with its headers) only these are
 * known to hold nothing of a caller's data. */
const harmless = ['code', 'status', 'errno', 'syscall', 'address', 'port', 'path', 'constraint', 'table', 'column', 'details'] as const;

function errorOf(error: Error, depth: number): Record<string, unknown> {
  const more = error as unknown as Record<string, unknown>;
  const shown: Record<string, unknown> = { type: error.name, message: error.message };
  for (const name of harmless) {
    const value = more[name];
    if (typeof value === 'string' || typeof value === 'number') shown[name] = value;
  }
  shown['stack'] = valueOf(error.stack, depth);
  if (depth > deepest) return shown;
  // A connection to a name with two addresses fails with an error that says nothing itself.
  if (Array.isArray(more['errors'])) shown['errors'] = more['errors'].slice(0, 10).map((each) => valueOf(each, depth + 1));
  if (error.cause !== undefined) shown['cause'] = valueOf(error.cause, depth + 1);
  return shown;
}
