// The pool: memory, the event loop, a message of 50,000 errors, and what that does to others. Validation of a message (schema, references,
// rules) in one thread, beside bare libxml2-wasm parse + validate with the schema
// compiled once; on a rendered message of two tracks, and on DDEX's audio.xml where its samples are installed beside the schemas.
import { createRequire } from 'node:module';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { atMost, figure, interleave, percentile, plain } from './measure.mjs';

const require = createRequire(import.meta.url);
const { buildNotification, createValidator, findSchemasDir, openInlineValidator, writeNewRelease43 } = require('@tonegrid/ddex');

export async function validateBench({ seconds, rounds }) {
  const folder = findSchemasDir(process.env, process.cwd());
  if (!folder) {
    console.error('validate: left out, because the DDEX schemas are not installed');
    return [];
  }
  // Ours first: it opens the schemas' folder for libxml2, and nothing else.
  const ours = await openInlineValidator(folder);
  const documents = [['two tracks', Buffer.from(twoTracks())]];
  const sample = join(folder, '..', 'samples', 'ern43', 'audio.xml');
  if (existsSync(sample)) documents.push(["DDEX's audio.xml", readFileSync(sample)]);
  ours.validate(documents[0][1]);
  const bare = await bareValidator(join(folder, 'ern', '43', 'release-notification.xsd'));

  const figures = [];
  for (const [name, xml] of documents) {
    const report = ours.validate(xml);
    if (!report.schema_checked) throw new Error(`${name}: ${report.schema_skipped_reason}`);
    const results = await interleave(
      Math.max(rounds, 3),
      () => microseconds(() => ours.validate(xml), seconds / 3),
      () => microseconds(() => bare(xml), seconds / 3),
    );
    figures.push(figure(`validate ${name} (${(xml.length / 1024).toFixed(0)} KB)`, 'µs', results, (time) => time, atMost(1.3)));
  }
  figures.push(...(await poolBench(folder, documents[0][1], seconds, Math.max(rounds, 3))));
  return figures;
}

/** What the pool of worker threads does to a process that has other things to do. */
async function poolBench(folder, valid, seconds, rounds) {
  const pool = createValidator({ schemasDir: folder, workers: 2 });
  try {
    await pool.warm();
    const text = String(valid);
    const mixed = [
      valid,
      Buffer.from(text.replace('"kbps"', '"Kbps"')),
      Buffer.from(text.replace(/DealReleaseReference>R2</, 'DealReleaseReference>R9<')),
    ];
    const judge = async (count) => {
      for (let done = 0; done < count; done += 40)
        await Promise.all(Array.from({ length: 40 }, (_, n) => pool.validate(mixed[n % mixed.length])));
    };
    const count = seconds < 3 ? 2_000 : 20_000;
    await judge(count / 4);
    const before = await settledMemory();
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    await judge(count);
    delay.disable();
    const grown = ((await settledMemory()) - before) / 1e6;

    const broken = Buffer.from(
      text.replace('</PartyList>', `${'<Party><PartyReference>X</PartyReference></Party>\n'.repeat(50_000)}</PartyList>`),
    );
    await pool.validate(broken);
    const began = performance.now();
    const report = await pool.validate(broken);
    const took = performance.now() - began;
    if (report.errors.length !== 100 || report.error_count < 50_000) throw new Error('50,000 schema errors are not counted');

    // Ordinary documents one after another, alone and beside large ones without a pause.
    const latencies = async (until) => {
      const all = [];
      for (const end = performance.now() + until; performance.now() < end;) {
        const start = performance.now();
        await pool.validate(valid);
        all.push(performance.now() - start);
      }
      return percentile(all, 0.99);
    };
    const results = { ours: [], bare: [] };
    for (let round = 0; round < rounds; round += 1) {
      results.bare.push(await latencies(seconds * 500));
      let more = true;
      const attack = (async () => {
        while (more) await pool.validate(broken);
      })();
      results.ours.push(await latencies(seconds * 500));
      more = false;
      await attack;
    }
    return [
      plain(`memory after ${count} validations, valid and invalid`, 'MB', grown, 10),
      plain('event loop delay p99 meanwhile', 'ms', delay.percentile(99) / 1e6, 20),
      plain(`50,000 schema errors in ${(broken.length / 1e6).toFixed(1)} MB`, 'ms', took, 1000),
      figure('p99 of ordinary validations beside such messages', 'ms', results, (time) => time, atMost(2)),
    ];
  } finally {
    await pool.close();
  }
}

/** Resident memory once what can be given back has been: the least of some seconds. */
async function settledMemory() {
  let least = Infinity;
  for (let n = 0; n < 20; n += 1) {
    least = Math.min(least, process.memoryUsage.rss());
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return least;
}

/** Microseconds that one call takes, over some seconds. */
async function microseconds(work, seconds) {
  for (let n = 0; n < 20; n += 1) work();
  const began = performance.now();
  let count = 0;
  while (performance.now() - began < seconds * 1000) {
    work();
    count += 1;
  }
  return ((performance.now() - began) * 1000) / count;
}

/** libxml2-wasm alone: parse and validate against the schema compiled once. */
async function bareValidator(path) {
  const { XmlDocument, XsdValidator, xmlRegisterFsInputProviders } = await import('libxml2-wasm').then(async (library) => ({
    ...library,
    ...(await import('libxml2-wasm/lib/nodejs.mjs')),
  }));
  xmlRegisterFsInputProviders();
  const schema = XmlDocument.fromBuffer(readFileSync(path), { url: path });
  const validator = XsdValidator.fromDoc(schema);
  return (xml) => {
    const document = XmlDocument.fromBuffer(xml);
    try {
      validator.validate(document);
    } finally {
      document.dispose();
    }
  };
}

/** The reference's sample release, as our own writer renders it. */
function twoTracks() {
  const artists = [{ name: 'Ada Okafor', role: 'main' }];
  const audio = (n) => ({
    source: `audio/${n}`,
    format: 'wav',
    bitDepth: 24,
    sampleRate: 96000,
    channels: 2,
    md5: 'd41d8cd98f00b204e9800998ecf8427e',
    sizeBytes: 125_000_000,
  });
  const { notification } = buildNotification({
    message: { id: 'TG-2542cbd010b9d16c71c1f63bee330982', createdAt: '2026-05-18T11:54:00Z' },
    sender: { dpid: 'PADPIDA2026012301U', name: 'ToneGrid' },
    dsp: { slug: 'spotify', name: 'Spotify', dpid: 'PADPIDA2011072101T' },
    release: {
      id: '08bbb9ac-b793-432b-b6da-d693a1b2c3d4',
      title: 'Midnight in Lagos',
      type: 'ep',
      upc: '195497123451',
      releaseDate: '2026-06-17',
      genre: 'Afrobeats',
      subgenre: 'Alté',
      language: 'en',
      label: 'ToneGrid Records',
      copyrightYear: 2026,
      copyrightHolder: 'ToneGrid Records',
      artists,
      localizedTitles: { fr: 'Minuit à Lagos' },
    },
    tracks: [1, 2].map((n) => ({
      id: `track-${n}`,
      position: n,
      title: n === 1 ? 'Lagos Skyline' : 'Opening',
      isrc: `NGTON260000${n}`,
      durationMs: 218_000,
      explicit: n === 2,
      artists,
      audio: audio(n),
    })),
    artwork: {
      source: 'artwork/1',
      format: 'jpeg',
      width: 3000,
      height: 3000,
      md5: 'd41d8cd98f00b204e9800998ecf8427e',
      sizeBytes: 900_000,
    },
    config: {
      monetizationPolicies: ['ad_supported_streaming', 'subscription_streaming', 'permanent_download'],
      pricing: { trackMinor: 99, albumMinor: 999, currency: 'USD' },
      territories: { mode: 'worldwide' },
    },
  });
  return writeNewRelease43(notification);
}
