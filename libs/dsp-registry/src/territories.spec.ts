import { isTerritoryCode, territories, territoryName, worldwide } from './index';

describe('territories', () => {
  it('are the 249 codes of ISO 3166-1', () => {
    expect(territories).toHaveLength(249);
    expect(new Set(territories.map((territory) => territory.code)).size).toBe(249);
    expect(territories.every(({ code, name }) => /^[A-Z]{2}$/.test(code) && name.length > 2)).toBe(true);
  });

  it('are named as the reference names them', () => {
    expect(['NG', 'GH', 'US', 'GB'].map(territoryName)).toEqual(['Nigeria', 'Ghana', 'United States', 'United Kingdom']);
    expect(worldwide).toEqual({ code: 'WW', name: 'Worldwide' });
  });

  it('hold no code that only looks like one', () => {
    for (const code of ['WW', 'UK', 'EU', 'XK', 'us', '', 'toString', '__proto__']) expect(isTerritoryCode(code)).toBe(false);
  });
});
