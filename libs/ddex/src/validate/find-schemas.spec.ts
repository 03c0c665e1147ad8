import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findSchemasDir } from './find-schemas';

describe('the schemas’ folder', () => {
  const place = mkdtempSync(join(tmpdir(), 'ddex-'));
  const checkout = join(place, 'checkout');
  const inside = join(checkout, 'services', 'ddex');
  mkdirSync(inside, { recursive: true });
  writeFileSync(join(checkout, 'nx.json'), '{}');
  afterAll(() => rmSync(place, { recursive: true }));

  it('is found by DDEX_SCHEMAS_DIR, then in the checkout, then beside it', () => {
    expect(findSchemasDir({}, inside)).toBeNull();
    const beside = join(place, 'shared', 'ddex', 'schemas');
    mkdirSync(beside, { recursive: true });
    expect(findSchemasDir({}, inside)).toBe(beside);
    const own = join(checkout, '.ddex', 'schemas');
    mkdirSync(own, { recursive: true });
    expect(findSchemasDir({}, inside)).toBe(own);
    expect(findSchemasDir({ DDEX_SCHEMAS_DIR: beside }, inside)).toBe(beside);
    expect(findSchemasDir({ DDEX_SCHEMAS_DIR: '../shared/ddex/schemas' }, inside)).toBe(beside);
  });

  it('that DDEX_SCHEMAS_DIR names wrongly is not replaced by another', () => {
    expect(findSchemasDir({ DDEX_SCHEMAS_DIR: join(place, 'nowhere') }, inside)).toBeNull();
  });
});
