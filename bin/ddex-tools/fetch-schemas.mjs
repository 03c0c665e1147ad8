// `bin/fetch-ddex-schemas`: the message schemas and what they import, each where its published address says below the target folder.
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, posix, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../setup/root.mjs';
import { command, Stop } from '../setup/stop.mjs';
import { published, knownDigests } from './published-schemas.mjs';

const usage = `Usage: bin/fetch-ddex-schemas --accept-licence [--to DIR] [--base-url URL] [--only 4.3,3.8.2] [--any-edition]

DDEX's schemas are DDEX's own and are licensed to whoever implements its standards: the licence is free of charge and is taken out at
https://ddex.net/implementation/ . With --accept-licence you say that you, or your company, have one.

  --to DIR        where they are put; else DDEX_SCHEMAS_DIR, else .ddex/schemas in this checkout
  --base-url URL  where they are fetched from; else https://service.ddex.net/xml
  --only LIST     versions of ERN; else ${published.map(({ name }) => name).join(', ')}
  --any-edition   take a schema that is not the edition which this platform was tested with
`;
const mostBytes = 20 * 1024 * 1024;
const timeoutMs = 60_000;

command(async () => {
  const options = readOptions();
  if (options.help) return void process.stdout.write(usage);
  if (!options['accept-licence']) return wrong('Nothing is fetched without --accept-licence.');
  const names = options.only?.split(',').map((name) => name.trim());
  const unknown = names?.find((name) => !published.some((each) => each.name === name));
  if (unknown !== undefined) return wrong(`--only: "${unknown}" is none of ${published.map(({ name }) => name).join(', ')}.`);
  const base = new URL(`${(options['base-url'] ?? 'https://service.ddex.net/xml').replace(/\/+$/, '')}/`);
  const target = resolve(root, options.to ?? process.env.DDEX_SCHEMAS_DIR ?? '.ddex/schemas');
  await install(
    published.filter(({ name }) => !names || names.includes(name)),
    base,
    target,
    options['any-edition'],
  );
});

function readOptions() {
  const flag = { type: 'boolean', default: false };
  const text = { type: 'string' };
  try {
    return parseArgs({ options: { 'accept-licence': flag, 'any-edition': flag, help: flag, to: text, 'base-url': text, only: text } })
      .values;
  } catch (error) {
    wrong(error.message);
    process.exit(2);
  }
}

function wrong(why) {
  process.stderr.write(`${why}\n\n${usage}`);
  process.exitCode = 2;
}

/** Fetches everything first, and puts it in its place only when all of it is there and right: what was installed stays whole. */
async function install(standards, base, target, anyEdition) {
  await mkdir(dirname(target), { recursive: true });
  const folder = await mkdtemp(join(dirname(target), '.ddex-schemas-'));
  try {
    const fetched = new Map();
    for (const standard of standards) {
      const files = await fetchStandard(standard, base, fetched, anyEdition);
      process.stdout.write(`${standard.name}: ${files.join(', ')}\n`);
    }
    for (const [path, bytes] of fetched) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), bytes);
    }
    for (const path of fetched.keys()) {
      await mkdir(dirname(join(target, path)), { recursive: true });
      await rename(join(folder, path), join(target, path));
    }
    process.stdout.write(`${fetched.size} files are in ${target}.\n`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Fetches a message schema and what it imports, also of what that imports; answers their paths. */
async function fetchStandard({ path, namespace }, base, fetched, anyEdition) {
  const wanted = [path];
  for (const each of wanted) {
    if (!fetched.has(each)) {
      const bytes = await fetchFile(new URL(each, base));
      const text = bytes.toString('utf8');
      const is = /<(?:\w+:)?schema\b[^>]*\btargetNamespace="([^"]*)"/.exec(text)?.[1];
      if (is === undefined) throw new Stop(`${new URL(each, base)} is no schema.`);
      if (each === path && is !== namespace) throw new Stop(`${new URL(each, base)} describes ${is}, not ${namespace}.`);
      checkEdition(each, text, anyEdition);
      fetched.set(each, bytes);
    }
    for (const next of importsOf(fetched.get(each).toString('utf8'), each)) if (!wanted.includes(next)) wanted.push(next);
  }
  return wanted;
}

/** Paths below the base address that a schema imports. What is W3C's stands in libs/ddex already and is not fetched. */
function importsOf(text, from) {
  const locations = [...text.matchAll(/<(?:\w+:)?(?:import|include)\b[^>]*?\bschemaLocation="([^"]+)"/g)].map((match) => match[1]);
  return locations.flatMap((location) => {
    const ours = /^https?:\/\/(?:www\.|service\.)?ddex\.net\/xml\/(.+)$/.exec(location)?.[1];
    if (ours === undefined && /^[a-z][a-z0-9+.-]*:/i.test(location)) return [];
    const path = posix.normalize(ours ?? posix.join(posix.dirname(from), location));
    if (path.startsWith('../') || path.startsWith('/'))
      throw new Stop(`${from} imports ${location}, which is outside of the published folder.`);
    return [path];
  });
}

async function fetchFile(url) {
  let response;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    if (!response.ok) throw new Stop(`${url} answers ${response.status} ${response.statusText}.`);
    const chunks = [];
    let size = 0;
    for await (const chunk of response.body) {
      size += chunk.length;
      if (size > mostBytes) throw new Stop(`${url} is larger than ${mostBytes} bytes: that is no schema.`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    if (error instanceof Stop) throw error;
    throw new Stop(`${url} cannot be fetched: ${error.cause?.message ?? error.message}.`);
  }
}

/**
 * Compares a schema with the edition that this platform was tested with. Where it imports from is left out of the comparison: the
 * packed and the online edition differ in that alone. Value sets that DDEX adds to as it goes are not in the list.
 */
function checkEdition(path, text, anyEdition) {
  const known = knownDigests[path] ?? knownDigests[posix.basename(path)];
  const canonical = text.replaceAll('\r\n', '\n').replace(/schemaLocation="[^"]*"/g, 'schemaLocation=""');
  const digest = createHash('sha256').update(canonical).digest('hex');
  if (known === undefined || known === digest) return;
  const what = `${path} is another edition than the one that this platform was tested with (SHA-256 ${digest}, and not ${known}).`;
  if (!anyEdition) throw new Stop(`${what}\nNothing was installed. With --any-edition it is taken as it is.`);
  process.stderr.write(`${what}\n`);
}
