import { createHmac, createPublicKey, createSign, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose';
import { everyScope } from './played/services';
import { RunningGateway } from './played/gateway';

const path = '/releases/01890000-0000-7000-8000-00000000000a';
const base64 = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const hour = 3_600;

describe('a token that identity did not make for here', () => {
  let gateway: RunningGateway;
  let good: string;
  let publicJwk: JWK;
  let publicPem: string;
  /** A server that would hand out the forger's keys; it must never be asked. */
  let keyServer: Server;
  let keyServerUrl: string;
  let asked = 0;

  beforeAll(async () => {
    gateway = await RunningGateway.start({ RATE_LIMIT_GENERAL: 0 });
    await gateway.played.addSigningKey('k1');
    await gateway.played.addSigningKey('k2');
    gateway.played.tokens.set('t1', everyScope);
    good = await gateway.played.token('k1', 't1');
    const { keys } = (await gateway.send('GET', '/.well-known/jwks.json')).json as { keys: JWK[] };
    publicJwk = keys.find(({ kid }) => kid === 'k1')!;
    publicPem = createPublicKey({ key: publicJwk as never, format: 'jwk' })
      .export({ type: 'spki', format: 'pem' })
      .toString();
    keyServer = createServer((_request, response) => {
      asked += 1;
      response.end('{"keys":[]}');
    });
    await new Promise<void>((resolve) => keyServer.listen(0, '127.0.0.1', resolve));
    keyServerUrl = `http://127.0.0.1:${(keyServer.address() as AddressInfo).port}/jwks.json`;
  });
  afterAll(async () => {
    await gateway?.stop();
    await new Promise((resolve) => keyServer.close(resolve));
  });

  const now = () => Math.floor(Date.now() / 1000);
  const claims = () => ({
    iss: 'http://127.0.0.1/api',
    aud: 'tonegrid:sandbox',
    sub: 'oauth_client:1',
    jti: 't1',
    iat: now(),
    exp: now() + hour,
    scope: everyScope.join(' '),
  });
  const unsigned = (header: object, body: object = claims()) => `${base64(header)}.${base64(body)}`;
  const hmac = (text: string, key: string | Buffer, hash = 'sha256') => `${text}.${createHmac(hash, key).update(text).digest('base64url')}`;
  const rsa = (text: string, key: KeyObject, hash = 'RSA-SHA256') =>
    `${text}.${createSign(hash).update(text).sign(key).toString('base64url')}`;
  const answerTo = async (token: string) => {
    const { status, json } = await gateway.send('GET', path, { as: token });
    return [status, json.error as string | undefined];
  };

  it('is accepted 0 times, out of all of these', async () => {
    const { played } = gateway;
    const forger = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const forgerJwk = forger.publicKey.export({ format: 'jwk' });
    const strangers = await generateKeyPair('RS256');
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const ed = generateKeyPairSync('ed25519');
    const pss = await generateKeyPair('PS256');
    const rs = (header: object) => ({ alg: 'RS256', kid: 'k1', ...header });
    const [head, body, signature] = good.split('.') as [string, string, string];
    const from = (header: object, text?: object) => rsa(unsigned(header, text), forger.privateKey);
    const signed = (changed: Record<string, unknown>, expires?: number | string) =>
      played.token('k1', 't1', { claims: changed, ...(expires !== undefined && { expires }) });
    const n = Buffer.from(publicJwk.n!, 'base64url');

    const corpus: Record<string, string> = {
      // No signature.
      'alg none': `${unsigned({ alg: 'none', kid: 'k1' })}.`,
      'alg None': `${unsigned({ alg: 'None', kid: 'k1' })}.`,
      'alg NONE with the signature of another': `${unsigned({ alg: 'NONE' })}.${signature}`,
      'alg nOnE without its last dot': unsigned({ alg: 'nOnE', kid: 'k1' }),
      'alg empty': `${unsigned({ alg: '', kid: 'k1' })}.`,
      'alg null': `${unsigned({ alg: null, kid: 'k1' })}.`,
      'alg left out': `${unsigned({ kid: 'k1' })}.${signature}`,
      'alg a list': `${unsigned({ alg: ['RS256', 'none'], kid: 'k1' })}.`,
      'a right head without a signature': `${head}.${body}.`,
      'a right head and body alone': `${head}.${body}`,
      // The public key taken for a secret.
      'HS256 with the public key in PEM': hmac(unsigned({ alg: 'HS256', kid: 'k1' }), publicPem),
      'HS256 with the trimmed PEM': hmac(unsigned({ alg: 'HS256', kid: 'k1' }), publicPem.trim()),
      'HS256 with the modulus': hmac(unsigned({ alg: 'HS256', kid: 'k1' }), n),
      'HS256 with the modulus as text': hmac(unsigned({ alg: 'HS256', kid: 'k1' }), publicJwk.n!),
      'HS256 with the JWK': hmac(unsigned({ alg: 'HS256', kid: 'k1' }), JSON.stringify(publicJwk)),
      'HS384 with the public key': hmac(unsigned({ alg: 'HS384', kid: 'k1' }), publicPem, 'sha384'),
      'HS512 with the public key': hmac(unsigned({ alg: 'HS512', kid: 'k1' }), publicPem, 'sha512'),
      'HS256 with an empty secret': hmac(unsigned({ alg: 'HS256', kid: 'k1' }), ''),
      'RS256 whose signature is an HMAC': hmac(unsigned(rs({})), publicPem),
      // Other algorithms and keys.
      'the key of a forger': from(rs({})),
      'the key of a stranger, under our id': await new SignJWT(claims())
        .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
        .sign(strangers.privateKey),
      'the right key under the id of another': await played.token('k2', 't1', { key: strangers.privateKey }),
      PS256: await new SignJWT(claims()).setProtectedHeader({ alg: 'PS256', kid: 'k1' }).sign(pss.privateKey),
      RS384: rsa(unsigned({ alg: 'RS384', kid: 'k1' }), forger.privateKey, 'RSA-SHA384'),
      RS1: rsa(unsigned({ alg: 'RS1', kid: 'k1' }), forger.privateKey, 'RSA-SHA1'),
      ES256: `${unsigned({ alg: 'ES256', kid: 'k1' })}.${sign('sha256', Buffer.from(unsigned({ alg: 'ES256', kid: 'k1' })), { key: ec.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`,
      'ES256 with a signature of zeros': `${unsigned({ alg: 'ES256', kid: 'k1' })}.${Buffer.alloc(64).toString('base64url')}`,
      EdDSA: `${unsigned({ alg: 'EdDSA', kid: 'k1' })}.${sign(null, Buffer.from(unsigned({ alg: 'EdDSA', kid: 'k1' })), ed.privateKey).toString('base64url')}`,
      'RS256 with a signature of zeros': `${unsigned(rs({}))}.${Buffer.alloc(256).toString('base64url')}`,
      'RS256 with the modulus as its signature': `${unsigned(rs({}))}.${n.toString('base64url')}`,
      // Keys that the token brings along.
      'a jwk in its head': from(rs({ jwk: forgerJwk })),
      'a jwk in its head without kid': from({ alg: 'RS256', jwk: forgerJwk }),
      'a jku': from(rs({ jku: keyServerUrl })),
      'a jku with a kid of its own': from({ alg: 'RS256', kid: 'forged', jku: keyServerUrl }),
      'a jku under our address': from(rs({ jku: `http://127.0.0.1:${gateway.port}/api/.well-known/jwks.json@${keyServerUrl}` })),
      'an x5u': from(rs({ x5u: keyServerUrl })),
      'an x5c': from(rs({ x5c: [forger.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')] })),
      'an x5t': from(rs({ x5t: base64('x'), 'x5t#S256': base64('y') })),
      // Ids of keys.
      'no kid': from({ alg: 'RS256' }),
      'an unknown kid': from(rs({ kid: 'k9' })),
      'a kid that is a path': from(rs({ kid: '../../../../dev/null' })),
      'a kid that is a query': from(rs({ kid: "k1' union select 'x" })),
      'a kid that is a command': from(rs({ kid: 'k1|/usr/bin/id' })),
      'a kid that is a URL': from(rs({ kid: keyServerUrl })),
      'a kid of a prototype': from(rs({ kid: '__proto__' })),
      'a kid that is a number': from(rs({ kid: 1 })),
      'a kid that is a list': from(rs({ kid: ['k1'] })),
      'a kid that is an object': from(rs({ kid: { toString: 'k1' } })),
      'a kid that is empty': from(rs({ kid: '' })),
      'a kid with a NUL': from(rs({ kid: 'k1\0' })),
      'a kid of ten thousand letters': from(rs({ kid: 'k'.repeat(10_000) })),
      // Heads that ask for something.
      'a crit that is not known': from(rs({ crit: ['exp'], exp: now() })),
      'an empty crit': from(rs({ crit: [] })),
      'b64 switched off': from(rs({ b64: false, crit: ['b64'] })),
      zip: from(rs({ zip: 'DEF' })),
      'enc, as if it were encrypted': from({ alg: 'RSA-OAEP', enc: 'A256GCM', kid: 'k1' }),
      // Right signatures over wrong claims.
      'the audience of production': await signed({ aud: 'tonegrid:production' }),
      'an audience in other letters': await signed({ aud: 'TONEGRID:SANDBOX' }),
      'an audience that begins like ours': await signed({ aud: 'tonegrid:sandbox.evil.example' }),
      'a list of other audiences': await signed({ aud: ['tonegrid:production', 'other'] }),
      'no audience': await signed({ aud: undefined }),
      'another issuer': await signed({ iss: 'https://evil.example' }),
      'an issuer with a slash more': await signed({ iss: 'http://127.0.0.1/api/' }),
      'a list of issuers': await signed({ iss: ['http://127.0.0.1/api'] }),
      'no issuer': await signed({ iss: undefined }),
      'an end that has been': await signed({}, now() - 1),
      'an end long ago': await signed({}, 0),
      'a beginning that is to come': await signed({ nbf: now() + hour }),
      'a beginning that is no number': await signed({ nbf: 'tomorrow' }),
      'no id': await signed({ jti: undefined }),
      'an id that is empty': await signed({ jti: '' }),
      'an id that is a number': await signed({ jti: 1 }),
      'no subject': await signed({ sub: undefined }),
      'an id that was revoked': await played.token('k1', 'revoked'),
      'an id that is a pattern': await played.token('k1', '%'),
      // Spoilt forms.
      'a changed body': `${head}.${base64({ ...claims(), jti: 'other' })}.${signature}`,
      'a changed head': `${base64(rs({ typ: 'JWT' }))}.${body}.${signature}`,
      'a changed signature': `${head}.${body}.${signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))}`,
      'half a signature': `${head}.${body}.${signature.slice(0, signature.length / 2)}`,
      'a signature with more behind it': `${head}.${body}.${signature}AAAA`,
      'four parts': `${good}.${signature}`,
      'five parts, as if it were encrypted': `${head}.${body}.${signature}.${body}.${signature}`,
      'its parts in another order': `${body}.${head}.${signature}`,
      'parts without anything': '..',
      words: 'x.y.z',
      'a head that is no JSON': `${base64('{')}.${body}.${signature}`,
      'a head that is a list': `${base64([])}.${body}.${signature}`,
      'a body that is a list': rsa(`${base64(rs({}))}.${base64([])}`, forger.privateKey),
      'the JSON form of a JWS': Buffer.from(JSON.stringify({ protected: head, payload: body, signature })).toString('base64url'),
      'a huge body': `${head}.${'x'.repeat(9_000)}.${signature}`,
      'a huge signature': `${head}.${body}.${'x'.repeat(9_000)}`,
    };
    const accepted: string[] = [];
    const others: unknown[] = [];
    await Promise.all(
      Object.entries(corpus).map(async ([what, token]) => {
        const [status, error] = await answerTo(token);
        if (status === 200) accepted.push(what);
        else if (status !== 401 || error !== 'Invalid or expired token. Please log in again.') others.push([what, status, error]);
      }),
    );
    expect(accepted).toEqual([]);
    expect(others).toEqual([]);
    expect(Object.keys(corpus).length).toBeGreaterThan(80);
    expect(asked).toBe(0);
    expect(played.calls.filter(({ method }) => method === 'GetRelease')).toEqual([]);
    expect((await answerTo(good))[0]).toBe(200);
  });

  it('is refused in the other environment although its key is known there', async () => {
    const production = await RunningGateway.start({ RATE_LIMIT_GENERAL: 0, TONEGRID_ENV: 'production' });
    const key = await production.played.addSigningKey('k1');
    production.played.tokens.set('t1', everyScope);
    const token = (audience: string) => production.played.token('k1', 't1', { claims: { aud: audience }, key });
    expect((await production.send('GET', path, { as: await token('tonegrid:production') })).status).toBe(200);
    expect((await production.send('GET', path, { as: await token('tonegrid:sandbox') })).status).toBe(401);
    expect((await production.send('GET', path, { as: good })).status).toBe(401);
    await production.stop();
  });

  it('is refused once its key is gone', async () => {
    const { played } = gateway;
    const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
    const jwk = await exportJWK(publicKey);
    expect(jwk.n).not.toBe(publicJwk.n);
    expect((await answerTo(await played.token('k1', 't1', { key: privateKey })))[0]).toBe(401);
  });
});
