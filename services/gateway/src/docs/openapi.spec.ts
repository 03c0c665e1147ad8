import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { errorTable } from '@tonegrid/errors';
import { services } from '@tonegrid/contracts';
import { contractRoutes } from '../contract/routes';
import { buildOpenApi } from './openapi';

const committed = resolve(__dirname, '../../../../../docs/openapi.json');

describe('the OpenAPI document', () => {
  const document = JSON.parse(JSON.stringify(buildOpenApi()));

  it('that is committed is the one that the contract makes (else: npm run generate)', () => {
    expect(JSON.parse(readFileSync(committed, 'utf8'))).toEqual(document);
  });

  it('is valid OpenAPI 3.1 by its meta-schema, and all references lead somewhere', () => {
    // The validator is an ES module that asks for its own URL, which Jest cannot give it.
    const script = `import { Validator } from '@seriousme/openapi-schema-validator';
      import { readFileSync } from 'node:fs';
      const validator = new Validator();
      const { valid, errors } = await validator.validate(JSON.parse(readFileSync(process.argv[1], 'utf8')));
      console.log(JSON.stringify({ valid, errors, version: validator.version }));`;
    const report = execFileSync(process.execPath, ['--input-type=module', '-e', script, committed], {
      cwd: resolve(__dirname, '../..'),
      encoding: 'utf8',
    });
    expect(JSON.parse(report)).toEqual({ valid: true, version: '3.1' });
  });

  it('describes every endpoint with an operation id of its own, a summary, a tag and its errors', () => {
    const operations = contractRoutes(services).map(({ verb, template }) => document.paths[template][verb.toLowerCase()]);
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
    for (const { summary, tags, responses } of operations) {
      expect(summary).not.toBe('');
      expect(tags[0]).toEqual(expect.any(String));
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(['500', '503']));
    }
  });

  it('asks for the scope of each endpoint, and for nothing where it is public', () => {
    expect(document.paths['/releases/{uuid}'].get.security).toEqual([
      { oauth2: ['releases:read'] },
      { apiKey: ['releases:read'] },
      { session: ['releases:read'] },
    ]);
    expect(document.paths['/auth/token'].post.security).toEqual([{}, { client: [] }]);
    expect(document.paths['/errors'].get.security).toEqual([]);
  });

  it('shows OAuth clients their own errors, forms and headers, and everybody the limits', () => {
    const token = document.paths['/auth/token'].post;
    expect(Object.keys(token.requestBody.content)).toEqual(['application/json', 'application/x-www-form-urlencoded']);
    expect(token.responses['400'].content['application/json'].schema).toEqual({ $ref: '#/components/schemas/OAuthError' });
    expect(token.responses['422']).toBeUndefined();
    for (const name of ['X-RateLimit-Remaining', 'RateLimit', 'RateLimit-Policy'])
      expect(Object.keys(token.responses['200'].headers)).toContain(name);
    const login = document.paths['/auth/login'].post;
    expect(Object.keys(login.responses['200'].headers)).toContain('Set-Cookie');
    expect(login.parameters.map(({ name }: { name?: string }) => name)).toContain('x-tenant-domain');
  });

  it('holds the whole catalogue of error codes', () => {
    expect(document.components.schemas.ErrorCode.enum).toEqual(Object.keys(errorTable).sort());
  });

  it('tells nulls, words, limits and examples', () => {
    const { Release, CreateReleaseRequest, UpdateReleaseRequest, GetSupplyChainResponse } = document.components.schemas;
    expect(Release.required).toContain('upc');
    expect(Release.properties.review_stage).toMatchObject({ type: ['string', 'null'], enum: ['pending_review', 'qc_inspection', null] });
    expect(CreateReleaseRequest).toMatchObject({ required: ['title', 'type', 'release_date', 'genre'], additionalProperties: false });
    expect(CreateReleaseRequest.properties.title).toMatchObject({ type: 'string', maxLength: 255, examples: ['Eclipse'] });
    expect(Object.keys(UpdateReleaseRequest.properties)).not.toEqual(expect.arrayContaining(['uuid']));
    expect(Object.keys(UpdateReleaseRequest.properties)).not.toContain('update_mask');
    expect(GetSupplyChainResponse.required[0]).toBe('success');
  });
});
