import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { local } from '../setup/root.mjs';
import { command, Stop } from '../setup/stop.mjs';
import { receiveWebhooks } from './demo-receiver.mjs';
import { readSandboxFile, runningSandbox } from './sandbox-file.mjs';

const patience = 120_000;
const out = (text = '') => process.stdout.write(`${text}\n`);
const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(2)} s`;
const shown = (file) => relative(process.cwd(), file) || file;

/** Runs a step and prints what came of it with the time that it took. */
async function step(title, work) {
  const begin = performance.now();
  const { value, words } = await work();
  out(`  ${title.padEnd(42)}${seconds(performance.now() - begin).padStart(8)}  ${words}`);
  return value;
}

/** Calls the API as an integrator does; a refusal ends the demo with what the platform said. */
function apiOf({ TONEGRID_URL: url, TONEGRID_KEY: key }) {
  return async (method, path, body) => {
    const json = body !== undefined && !(body instanceof FormData);
    let response;
    try {
      response = await fetch(`${url}${path}`, {
        method,
        headers: { authorization: `Bearer ${key}`, ...(json && { 'content-type': 'application/json' }) },
        body: json ? JSON.stringify(body) : body,
        signal: AbortSignal.timeout(60_000),
      });
    } catch (error) {
      throw new Stop(`Nobody answers at ${url} (${error.cause?.code ?? error.message}): run "npm start" in another terminal first.`);
    }
    const text = await response.text();
    if (!response.ok) throw new Stop(`${method} ${path} was answered with ${response.status}:\n${text}`);
    return response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text;
  };
}

const form = (field, name, type, bytes) => {
  const data = new FormData();
  data.set(field, new Blob([bytes], { type }), name);
  return data;
};

const inAMonth = () => new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);

command(async () => {
  runningSandbox();
  const credentials = readSandboxFile();
  if (!credentials.TONEGRID_KEY) throw new Stop('.local/sandbox.env has no key: run "npm start" in another terminal first.');
  const dsps = process.argv.length > 2 ? process.argv.slice(2) : ['spotify', 'youtubemusic', 'qqmusic'];
  const call = apiOf(credentials);
  const begin = performance.now();
  const live = new Map();
  let tellAll;
  const allLive = new Promise((resolve) => (tellAll = resolve));
  let release;
  let wrong = 0;

  // Loaded late, because it needs an installed package.
  const { makeCover, makeWav } = await import('./sample.mjs');
  out(`ToneGrid demo: one release, from the API to ${dsps.join(', ')}\n`);

  const registry = await step('DSPs  GET /supply-chain/dsps', async () => {
    const { data } = await call('GET', '/supply-chain/dsps');
    const { total_active, direct_ddex_sftp, direct_ddex_rest, partner_routed } = data.summary;
    return {
      value: data.dsps,
      words: `${total_active}: ${direct_ddex_sftp} by SFTP, ${direct_ddex_rest} by REST, ${partner_routed} through a partner`,
    };
  });
  const bare = (slug) => slug.toLowerCase().replace(/[^a-z0-9]/g, '');
  const unknown = dsps.find((slug) => !registry.some((dsp) => dsp.slug === bare(slug)));
  if (unknown) throw new Stop(`There is no DSP "${unknown}"; there are: ${registry.map(({ slug }) => slug).join(', ')}.`);

  const early = [];
  const print = ({ event, body, signed }) => {
    if (!signed) wrong++;
    const about = body.data?.release_uuid;
    if (release !== undefined && about !== undefined && about !== release) return;
    out(`    webhook  ${seconds(performance.now() - begin).padStart(8)}  ${event}  ${signed ? 'signature verified' : 'WRONG SIGNATURE'}`);
    const stage = /^release\.dsp\.([a-z0-9]+)\.(live|rejected|failed)$/.exec(event);
    if (!stage) return;
    live.set(stage[1], { stage: stage[2], ...body.data });
    if (live.size === dsps.length) tellAll();
  };
  // Until the release has a uuid nobody knows which webhooks are about it.
  const receiver = await receiveWebhooks((receipt) => (release === undefined ? early.push(receipt) : print(receipt)));
  let webhook;
  try {
    webhook = await step('subscriber  POST /webhooks', async () => {
      const { data } = await call('POST', '/webhooks', { name: 'Demo', url: receiver.url, events: ['release.dsp.*.*', 'ingestion.*'] });
      receiver.secret = data.secret;
      return { value: data.uuid, words: `release.dsp.*.* and ingestion.* to ${receiver.url}` };
    });
    const ingested = await step('release and tracks  POST /ingestion/json', async () => {
      const { data } = await call('POST', '/ingestion/json', {
        title: 'Midnight in Lagos',
        type: 'single',
        genre: 'Afrobeats',
        release_date: inAMonth(),
        language: 'en',
        label: 'Sandbox Records',
        artists: [{ name: 'Ada Sandbox' }],
        dsps,
        tracks: [{ title: 'Opening', track_number: 1, explicit: false, language: 'en' }],
      });
      return { value: data, words: data.release.uuid };
    });
    release = ingested.release.uuid;
    for (const receipt of early.splice(0)) print(receipt);

    await step('cover, 3000 × 3000  POST …/artwork', async () => {
      const cover = await makeCover();
      await call('POST', `/releases/${release}/artwork`, form('artwork', 'cover.jpg', 'image/jpeg', cover));
      return { words: `${Math.round(cover.length / 1024)} KB JPEG` };
    });
    await step('audio, 20 s of WAV  POST …/audio', async () => {
      const wav = makeWav(20, 220);
      const { uuid } = ingested.tracks[0];
      await call('POST', `/tracks/${uuid}/audio`, form('audio', 'opening.wav', 'audio/wav', wav));
      for (const end = Date.now() + patience; ; await new Promise((resolve) => setTimeout(resolve, 100))) {
        const { track } = await call('GET', `/tracks/${uuid}`);
        if (track.audio_status === 'processed')
          return { words: `${(wav.length / 1e6).toFixed(1)} MB, ${track.audio_bit_depth} bit, ${track.audio_sample_rate} Hz` };
        if (track.audio_status === 'failed' || Date.now() > end) throw new Stop(`The audio is ${track.audio_status}.`);
      }
    });
    const config = `/supply-chain/releases/${release}`;
    await step('terms  PUT …/monetization, pricing, territories', async () => {
      await call('PUT', `${config}/monetization`, { monetization_policy_codes: ['subscription_streaming', 'permanent_download'] });
      await call('PUT', `${config}/pricing-tier`, { pricing_tier_code: 'front_line' });
      await call('PUT', `${config}/territories`, { territory_mode: 'worldwide' });
      return { words: 'subscription and download, front line, worldwide' };
    });

    const folder = join(local, 'demo', release);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const slug of dsps) {
      await step(`message  GET …/ddex/preview/${slug}.xml`, async () => {
        const xml = await call('GET', `/releases/${release}/ddex/preview/${slug}.xml`);
        const file = join(folder, `${slug}.xml`);
        writeFileSync(file, xml);
        return { words: shown(file) };
      });
    }
    await step(`report  GET …/ddex/validate/${dsps[0]}`, async () => {
      const { data } = await call('GET', `/releases/${release}/ddex/validate/${dsps[0]}`);
      const { valid, errors, schema_checked: checked, ern_version: version } = data.validation;
      if (!valid) throw new Stop(`The message is not valid:\n${JSON.stringify(errors, null, 2)}`);
      return {
        words: checked
          ? `valid against DDEX's schema of ERN ${version}`
          : 'valid; the schema stage was skipped, for DDEX’s schemas are not installed',
      };
    });
    await step('delivery  POST …/ddex/deliver', async () => {
      const { message, data } = await call('POST', `/releases/${release}/ddex/deliver`);
      if (data.skipped.length > 0) throw new Stop(`Skipped: ${JSON.stringify(data.skipped)}`);
      return { words: message };
    });
    let late;
    await step('until every DSP has it live', async () => {
      await Promise.race([
        allLive,
        new Promise(
          (_, reject) =>
            (late = setTimeout(
              () => reject(new Stop(`Not live everywhere after ${patience / 1000} s: the logs are in .local/logs/.`)),
              patience,
            )),
        ),
      ]);
      return { words: `${[...live.values()].filter(({ stage }) => stage === 'live').length} of ${dsps.length} live` };
    }).finally(() => clearTimeout(late));
    await step('terms as sent  GET …/effective-config', async () => {
      await call('GET', `${config}/effective-config`);
      return { words: `${config}/effective-config` };
    });

    const { data } = await call('GET', `/releases/${release}/ddex/deliveries`);
    out();
    for (const { dsp_name: name, status, live_url: url, error_message: problem } of data.deliveries)
      out(`  ${name.padEnd(16)}${status.padEnd(10)}${url ?? problem ?? ''}`);
    out(
      `\n  ${seconds(performance.now() - begin)} in all. The XML is in ${shown(folder)}/, what the DSPs received in ${shown(join(local, 'dsp-simulator'))}/.`,
    );
    if (wrong > 0 || [...live.values()].some(({ stage }) => stage !== 'live')) process.exitCode = 1;
  } finally {
    if (webhook) await call('DELETE', `/webhooks/${webhook}`).catch(() => out('  The subscription of the demo could not be deleted.'));
    await receiver.stop();
  }
});
