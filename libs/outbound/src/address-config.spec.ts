import { addressRules, openProductionProblem } from './address-config';

test('private addresses are never allowed in production', () => {
  expect(openProductionProblem({ TONEGRID_ENV: 'production', ALLOW_PRIVATE_ADDRESSES: true })).toMatch(/^ALLOW_PRIVATE_ADDRESSES: only/);
  expect(openProductionProblem({ TONEGRID_ENV: 'production', ALLOW_PRIVATE_ADDRESSES: false })).toBeUndefined();
  expect(openProductionProblem({ TONEGRID_ENV: 'sandbox', ALLOW_PRIVATE_ADDRESSES: true })).toBeUndefined();
});

test('production takes https alone, the sandbox both', () => {
  expect(addressRules({ TONEGRID_ENV: 'production', ALLOW_PRIVATE_ADDRESSES: false })).toEqual({ httpsOnly: true, privateAllowed: false });
  expect(addressRules({ TONEGRID_ENV: 'sandbox', ALLOW_PRIVATE_ADDRESSES: false })).toEqual({ httpsOnly: false, privateAllowed: false });
});
