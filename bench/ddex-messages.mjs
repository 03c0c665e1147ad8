// Messages of ERN 4.3 in one thread, each beside its bare baseline in turns: rendering beside xmlbuilder2, which builds the same
// document element by element; rendering and validating beside the string-tree serializer alone and libxml2-wasm alone; reading
// into the model and validating beside libxml2-wasm's parse and validate, on DDEX's own samples.
import { createRequire } from 'node:module';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { atLeast, figure, interleave } from './measure.mjs';

const require = createRequire(import.meta.url);
const { buildNotification, findSchemasDir, readMessage, scanXml, serialize, writeNewRelease } = require('@tonegrid/ddex');
const { create } = require('xmlbuilder2');

export async function ddexMessagesBench({ seconds, rounds }) {
  const { notification } = buildNotification(release());
  const root = scanXml(writeNewRelease(notification, '4.3').xml);
  const plain = plainTree(root);
  const render = () => writeNewRelease(notification, '4.3').xml;
  const measured = async (name, unit, ours, bare, goal) => {
    const results = await interleave(
      Math.max(rounds, 3),
      () => perSecond(ours, seconds / 3),
      () => perSecond(bare, seconds / 3),
    );
    return figure(name, unit, results, (rate) => rate, goal);
  };
  const figures = [await measured('render two tracks (beside xmlbuilder2)', 'messages/s', render, () => xmlbuilder(plain), atLeast(10))];

  const folder = findSchemasDir(process.env, process.cwd());
  if (!folder) {
    console.error('ddex-messages: nothing is validated, because the DDEX schemas are not installed');
    return figures;
  }
  const bare = await bareValidator(join(folder, 'ern', '43', 'release-notification.xsd'));
  figures.push(
    await measured(
      'render + validate two tracks (beside string tree)',
      'messages/s',
      () => bare(Buffer.from(render())),
      () => bare(Buffer.from(serialize(nodeTree(plain)))),
      atLeast(0.8),
    ),
  );
  for (const sample of ['audio.xml', 'simple-audio-single.xml']) {
    const path = join(folder, '..', 'samples', 'ern43', sample);
    if (!existsSync(path)) continue;
    const xml = readFileSync(path);
    const read = () => {
      const message = readMessage(xml);
      if (!message.ok) throw new Error(`${sample}: ${message.reason}`);
      bare(xml);
    };
    figures.push(await measured(`read + validate DDEX's ${sample}`, 'messages/s', read, () => bare(xml), atLeast(0.5)));
  }
  return figures;
}

/** Calls in a second. */
async function perSecond(work, seconds) {
  for (let n = 0; n < 20; n += 1) work();
  const began = performance.now();
  let count = 0;
  while (performance.now() - began < seconds * 1000) {
    work();
    count += 1;
  }
  return count / ((performance.now() - began) / 1000);
}

/** The document as plain data: what both baselines are given. */
const plainTree = (element) => ({
  name: element.name,
  attributes: Object.fromEntries(element.attributes.map((item) => [item.name, item.value])),
  hasAttributes: element.attributes.length > 0,
  text: element.text,
  children: element.children.map(plainTree),
});

function xmlbuilder(plain) {
  const document = create({ version: '1.0', encoding: 'UTF-8' });
  const add = (parent, { name, attributes, text, children }) => {
    const element = parent.ele(name, attributes);
    if (children.length === 0) element.txt(text);
    for (const child of children) add(element, child);
  };
  add(document, plain);
  return document.end({ prettyPrint: true });
}

const nodeTree = ({ name, attributes, hasAttributes, text, children }) => ({
  name,
  attributes: hasAttributes ? attributes : null,
  content: children.length === 0 ? text : children.map(nodeTree),
});

/** libxml2-wasm alone: parse and validate against the schema compiled once. */
async function bareValidator(path) {
  const { XmlDocument, XsdValidator, xmlRegisterFsInputProviders } = await import('libxml2-wasm').then(async (library) => ({
    ...library,
    ...(await import('libxml2-wasm/lib/nodejs.mjs')),
  }));
  try {
    xmlRegisterFsInputProviders();
  } catch {
    // The other bench of this run has registered them.
  }
  const validator = XsdValidator.fromDoc(XmlDocument.fromBuffer(readFileSync(path), { url: path }));
  return (xml) => {
    const document = XmlDocument.fromBuffer(xml);
    try {
      validator.validate(document);
    } finally {
      document.dispose();
    }
  };
}

/** The reference's sample release: an EP of two tracks. */
function release() {
  const artists = [{ name: 'Ada Okafor', role: 'main' }];
  const md5 = 'd41d8cd98f00b204e9800998ecf8427e';
  return {
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
      audio: { source: `audio/${n}`, format: 'wav', bitDepth: 24, sampleRate: 96000, channels: 2, md5, sizeBytes: 125_000_000 },
    })),
    artwork: { source: 'artwork/1', format: 'jpeg', width: 3000, height: 3000, md5, sizeBytes: 900_000 },
    config: {
      monetizationPolicies: ['ad_supported_streaming', 'subscription_streaming', 'permanent_download'],
      pricing: { trackMinor: 99, albumMinor: 999, currency: 'USD' },
      territories: { mode: 'worldwide' },
    },
  };
}
