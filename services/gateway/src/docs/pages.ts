import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import type { Settings } from '../settings';
import { buildOpenApi } from './openapi';

interface Page {
  type: string;
  body: Buffer;
  etag: string;
  zipped?: Buffer;
}

const pageOf = (type: string, body: string | Buffer): Page => {
  const bytes = Buffer.from(body);
  return { type, body: bytes, etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"` };
};

/** What the viewer needs, and no host but ours. Swagger UI styles elements in place, hence the inline styles. */
const viewerPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const assets = { 'swagger-ui.css': 'text/css', 'swagger-ui-bundle.js': 'text/javascript', 'favicon-32x32.png': 'image/png' } as const;

/** Serves the OpenAPI document at `/openapi.json` and a viewer of it at `/docs`, with every asset from this process. */
export function serveDocs(app: FastifyInstance, { BASE_PATH, PUBLIC_URL, TONEGRID_ENV }: Settings): void {
  const document = JSON.stringify(buildOpenApi([{ url: PUBLIC_URL, description: TONEGRID_ENV === 'sandbox' ? 'Sandbox' : 'Production' }]));
  const folder = dirname(require.resolve('swagger-ui-dist/package.json'));
  const pages: Record<string, Page> = {
    '/openapi.json': pageOf('application/json; charset=utf-8', document),
    '/docs': pageOf('text/html; charset=utf-8', viewerPage(BASE_PATH)),
    '/docs/start.js': pageOf('text/javascript; charset=utf-8', viewerScript(BASE_PATH)),
  };
  for (const [name, type] of Object.entries(assets)) pages[`/docs/${name}`] = pageOf(type, readFileSync(join(folder, name)));

  for (const [path, page] of Object.entries(pages)) {
    app.route({
      method: ['GET', 'HEAD'],
      url: `${BASE_PATH}${path}`,
      config: { template: path },
      handler: (request, reply) => {
        void reply.headers({ 'content-type': page.type, etag: page.etag, 'cache-control': 'no-cache', vary: 'accept-encoding' });
        if (path.startsWith('/docs')) void reply.header('content-security-policy', viewerPolicy);
        if (request.headers['if-none-match'] === page.etag) return reply.code(304).send();
        if (!/\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))) return reply.send(page.body);
        return reply.header('content-encoding', 'gzip').send((page.zipped ??= gzipSync(page.body)));
      },
    });
    // Whoever leaves out the base path of the sandbox is shown the way.
    if (BASE_PATH !== '' && (path === '/docs' || path === '/openapi.json'))
      app.route({
        method: ['GET', 'HEAD'],
        url: path,
        config: { template: path },
        handler: (_request, reply) => reply.redirect(`${BASE_PATH}${path}`, 308),
      });
  }
}

const viewerPage = (base: string): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>ToneGrid API</title>
    <link rel="stylesheet" href="${base}/docs/swagger-ui.css" />
    <link rel="icon" type="image/png" href="${base}/docs/favicon-32x32.png" />
  </head>
  <body>
    <div id="viewer"></div>
    <script src="${base}/docs/swagger-ui-bundle.js"></script>
    <script src="${base}/docs/start.js"></script>
  </body>
</html>
`;

const viewerScript = (base: string): string => `SwaggerUIBundle({
  url: ${JSON.stringify(`${base}/openapi.json`)},
  dom_id: '#viewer',
  deepLinking: true,
  docExpansion: 'none',
  filter: true,
  validatorUrl: null,
});
`;
