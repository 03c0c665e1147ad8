import { sandboxHostKey } from './sandbox-host-key';

describe('the host key of the sandbox', () => {
  it('follows from the token, and differs between tokens', () => {
    expect(sandboxHostKey('a')).toEqual(sandboxHostKey('a'));
    expect(sandboxHostKey('a').fingerprint).not.toBe(sandboxHostKey('b').fingerprint);
  });

  it('has a fingerprint as ssh-keygen shows it', () => {
    expect(sandboxHostKey('a').fingerprint).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
    expect(sandboxHostKey('a').privateKey).toMatch(/^-----BEGIN OPENSSH PRIVATE KEY-----\n/);
  });
});
