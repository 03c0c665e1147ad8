import { getOption } from '@bufbuild/protobuf';
import { access, services } from '@tonegrid/contracts';
import { contractRoutes } from '../contract/routes';
import { errorExamples, errorSchemas } from './error-responses';
import { operationOf } from './operations';
import { commentOf, Schemas, type Schema } from './schemas';

const description = `Music catalogue, distribution pipeline and supply chain over REST.

**Bodies** are JSON in UTF-8; \`Content-Encoding: gzip\` is accepted. An unknown body field is a 422 that names it; an unknown query
parameter is passed over. A documented field whose value is unknown is \`null\`, never left out. 64-bit counts are JSON numbers,
times are RFC 3339 in UTC, paths of nested fields use dots and indices (\`tracks.1.isrc\`).

**Lists** take \`page\` and \`per_page\` (the default), or \`cursor\` (empty to begin, then the value returned before). Above its cap
\`per_page\` is brought down to it; 0, negative or non-numeric is a 422. \`Link: <…>; rel="next"\` is there while there is more.

**Changes** (POST, PUT, PATCH) honour \`Idempotency-Key\`: the same key with the same request within 24 hours gets the stored answer.

**Limits** are per access token and class of endpoints: general 120, audio 10, distribution 30 and analytics 60 requests a minute,
or what the tenant's plan says.

**Messages** about fields (\`errors\`, \`fields\` of a 422) are in the tenant's language; \`error\` and \`code\` are not translated.

An id in a path that is not a UUID names nothing: 404, as for one that does not exist.`;

/** Where the API is served. */
export interface ServerEntry {
  url: string;
  description: string;
}

const publicServers: ServerEntry[] = [
  { url: 'https://api.tonegrid.pro', description: 'Production' },
  { url: 'https://api-sandbox.tonegrid.pro/api', description: 'Sandbox: the same API on its own data; nothing reaches a real DSP' },
];

/** The OpenAPI 3.1 document of everything that the gateway serves, made of the contract alone. */
export function buildOpenApi(servers: readonly ServerEntry[] = publicServers): Schema {
  const routes = contractRoutes(services);
  const schemas = new Schemas();
  const responses: Record<string, Schema> = {};
  const paths: Record<string, Schema> = {};
  for (const route of routes) (paths[route.template] ??= {})[route.verb.toLowerCase()] = operationOf(route, schemas, responses);
  const scopes = routes.flatMap(({ access: { who } }) => (who.case === 'scope' ? [who.value] : []));
  const components = { ...errorSchemas(), ...schemas.components };
  return {
    openapi: '3.1.0',
    info: { title: 'ToneGrid API', version: '1.0.0', description, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers,
    tags: tagsOf(),
    paths: sorted(paths),
    components: {
      securitySchemes: securitySchemes([...new Set(scopes)].sort(), servers[0]!.url),
      parameters,
      headers,
      responses: sorted(responses),
      examples: errorExamples(),
      schemas: sorted(components),
    },
  };
}

const sorted = <T>(record: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Groups of endpoints, each with the comment of the service that it begins in. */
function tagsOf(): Schema[] {
  const tags = new Map<string, string | undefined>();
  for (const service of Object.values(services))
    for (const method of service.methods) {
      const { tag } = getOption(method, access);
      if (tag !== '' && !tags.has(tag)) tags.set(tag, commentOf(service.typeName));
    }
  return [...tags].map(([name, comment]) => ({ name, ...(comment && { description: comment }) }));
}

const securitySchemes = (scopes: string[], url: string): Schema => ({
  oauth2: {
    type: 'oauth2',
    description: 'An access token for client credentials, sent as `Authorization: Bearer <token>`. It lives one hour.',
    flows: {
      clientCredentials: {
        tokenUrl: `${url}/auth/token`,
        refreshUrl: `${url}/auth/token/refresh`,
        scopes: Object.fromEntries(scopes.map((scope) => [scope, scopeNote(scope)])),
      },
    },
  },
  client: {
    type: 'http',
    scheme: 'basic',
    description: 'Client id and client secret by HTTP Basic (RFC 6749, 2.3.1), instead of in the body.',
  },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: 'tonegrid_session',
    description: 'The access token of a login. A change must come from the same origin.',
  },
  apiKey: { type: 'http', scheme: 'bearer', bearerFormat: 'tgk_…', description: 'An API key, sent as `Authorization: Bearer tgk_…`.' },
});

const scopeNote = (scope: string): string => {
  const [subject = '', right = ''] = scope.split(':');
  return `${right.charAt(0).toUpperCase()}${right.slice(1)}: ${subject.replace(/-/g, ' ')}`;
};

const parameters: Schema = {
  RequestId: {
    name: 'X-Request-Id',
    in: 'header',
    description: 'Your id of the request, at most 128 of `A-Z a-z 0-9 . _ ~ : / + = @ -`; one is made when it is left out.',
    schema: { type: 'string', pattern: '^[A-Za-z0-9._~:/+=@-]{1,128}$' },
  },
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description: 'Makes the call safe to repeat for 24 hours. One key for one operation, on one endpoint.',
    schema: { type: 'string', maxLength: 255 },
  },
};

const header = (text: string, schema: Schema): Schema => ({ description: text, schema });
const headers: Schema = {
  RequestId: header('Id of the request.', { type: 'string' }),
  RateLimitLimit: header('Requests per minute in this class.', { type: 'integer' }),
  RateLimitRemaining: header('Requests that are left in this minute.', { type: 'integer' }),
  RateLimitReset: header('When the minute ends, epoch seconds.', { type: 'integer' }),
  RateLimit: header('What remains of the class and for how many seconds (draft-ietf-httpapi-ratelimit-headers).', {
    type: 'string',
    examples: ['"general";r=119;t=42'],
  }),
  RateLimitPolicy: header('The class, its quota and its window in seconds (same draft).', {
    type: 'string',
    examples: ['"general";q=120;w=60'],
  }),
  SetCookie: header('The session cookie: HttpOnly, SameSite=Strict, Secure over https.', { type: 'string' }),
  RetryAfter: header('Seconds until the same request may be sent again.', { type: 'integer' }),
  IdempotentReplay: header('`true` when this is the stored answer of an earlier call with the same key.', { const: 'true' }),
  Link: header('`<url>; rel="next"` while there is a next page (RFC 8288).', { type: 'string' }),
  Challenge: header('How to authenticate (RFC 6750).', { type: 'string' }),
  Disposition: header('Name of the file.', { type: 'string' }),
};
