// What it costs to know who calls: an empty list through the gateway with a token (signature, identity, who it is told to the service), and with an
// API key, beside the same without: a public endpoint whose answer is the same and comes over the same gRPC. Rate limits are off, because a public
// endpoint is not counted. And tokens that identity issues (client credentials: Argon2id, RS256, a
// transaction) beside Argon2id and RS256 alone.
import { createRequire } from 'node:module';
import { createSign, generateKeyPairSync } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { atLeast, figure, interleave, load } from './measure.mjs';

const shown = { text: 'shown', holds: () => true };

export async function authBench({ seconds, rounds }) {
  const child = spawn(process.execPath, [fileURLToPath(new URL('noop-gateway.mjs', import.meta.url))], {
    env: { ...process.env, LOG_LEVEL: 'error' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [line] = await once(child.stdout, 'data');
    const { port, token, key } = JSON.parse(String(line));
    const empty = (path, credential) => () =>
      load({
        url: `http://127.0.0.1:${port}/api${path}`,
        connections: 32,
        duration: seconds,
        headers: credential === undefined ? {} : { authorization: `Bearer ${credential}` },
      });
    const [without, guarded] = ['/errors', '/supply-chain/pricing-tiers'];
    const answer = async (path, headers) => (await fetch(`http://127.0.0.1:${port}/api${path}`, { headers })).text();
    const [ours, theirs] = [await answer(guarded, { authorization: `Bearer ${key}` }), await answer(without, {})];
    if (ours !== theirs) throw new Error(`two answers that are not alike are no comparison: ${ours} and ${theirs}`);
    const open = empty(without);
    const byToken = empty(guarded, token);
    const byKey = empty(guarded, key);
    await open();
    await byToken();
    const tokens = await interleave(rounds, byToken, open);
    const keys = await interleave(rounds, byKey, open);
    return [
      figure('no-op with an access token beside none, 32 connections', 'requests/s', tokens, ({ rate }) => rate, atLeast(0.8)),
      figure('no-op with an API key beside none, 32 connections', 'requests/s', keys, ({ rate }) => rate, atLeast(0.8)),
    ];
  } finally {
    child.kill();
  }
}

/** @param platform a whole platform, whose identity issues the tokens */
export async function issueBench(platform, { seconds, rounds }) {
  const body = JSON.stringify({ grant_type: 'client_credentials', client_id: platform.clientId, client_secret: platform.clientSecret });
  const issue = () =>
    load({
      url: `${platform.url}/auth/token`,
      method: 'POST',
      connections: 8,
      duration: seconds,
      body,
      headers: { 'content-type': 'application/json' },
    });
  await issue();
  const results = await interleave(rounds, issue, await bareIssue(seconds));
  return [figure('POST /auth/token, 8 connections', 'tokens/s', results, ({ rate }) => rate, shown)];
}

/** Argon2id at identity's cost and RS256 alone, 8 at once. */
async function bareIssue(seconds) {
  const require = createRequire(new URL('../services/identity/package.json', import.meta.url));
  const { hashPassword } = require('./dist/src/passwords/hashing.js');
  const { verify } = require('@node-rs/argon2');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const stored = await hashPassword('a secret');
  return async () => {
    const end = performance.now() + seconds * 1000;
    let made = 0;
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        while (performance.now() < end) {
          await verify(stored, 'a secret');
          createSign('RSA-SHA256').update('header.claims').sign(privateKey);
          made += 1;
        }
      }),
    );
    return { rate: made / seconds };
  };
}
