import { failureSentence, plainText } from './failures';

const coded = (code: string, message: string, more: object = {}) => Object.assign(new Error(message), { code, ...more });

test('a failure never tells an address or a name of ours', () => {
  const own = 'connect EADDRNOTAVAIL 203.0.113.9:443 - Local (10.11.12.13:51000)';
  for (const error of [
    coded('EADDRNOTAVAIL', own, { syscall: 'connect' }),
    coded('ECONNREFUSED', own),
    coded('EACCES', own),
    new Error(own),
    own,
    undefined,
    null,
  ])
    expect(failureSentence(error)).not.toMatch(/10\.11|203\.0/);
  expect(failureSentence(coded('EADDRNOTAVAIL', own))).toBe('The request failed (EADDRNOTAVAIL).');
});

test('what the other side can mend is said', () => {
  expect(failureSentence(coded('CERT_HAS_EXPIRED', 'certificate has expired'))).toBe(
    'The TLS certificate is not accepted: certificate has expired.',
  );
  expect(failureSentence(coded('UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify the first certificate'))).toMatch(
    /^The TLS certificate/,
  );
  expect(failureSentence(new AggregateError([coded('ECONNREFUSED', ''), coded('ENETUNREACH', '')]))).toBe('Connection refused.');
});

test("a stranger's text is cut between characters and holds nothing that the database refuses", () => {
  expect(plainText('a\0b', 10)).toBe('a\uFFFDb');
  expect(plainText('💿'.repeat(5), 3)).toBe('💿💿💿');
  expect(plainText(`x${'💿'.repeat(5)}`, 3)).toBe('x💿💿');
  expect(plainText('\uD83D', 3)).toBe('\uFFFD');
});
