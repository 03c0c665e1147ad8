const { spawnSync } = require('node:child_process');
const { copyFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join, resolve } = require('node:path');
const semver = require('semver');
const knownBad = require('./known-bad');

const root = resolve(__dirname, '../..');
const readJson = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));
const lock = readJson('package-lock.json');

/** What is locked and comes from a registry: { path, name, … }. */
const locked = Object.entries(lock.packages)
  .filter(([path, entry]) => path.includes('node_modules/') && !entry.link)
  .map(([path, entry]) => ({ path, name: entry.name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length), ...entry }));

const bad = (packages) =>
  packages.flatMap(({ name, version }) =>
    knownBad
      .filter(([known, range]) => known === name && semver.satisfies(version, range, { includePrerelease: true }))
      .map(([, range, why]) => `${name}@${version} (${range}): ${why}`),
  );

describe('package-lock.json', () => {
  it('locks no version with a known hole', () => {
    expect(locked.length).toBeGreaterThan(500);
    expect(bad(locked)).toEqual([]);
  });

  it('would be refused with one', () => {
    const asked = { fastify: '5.8.4', typeorm: '0.3.25', protobufjs: '7.5.5', libxmljs2: '0.35.0', nx: '21.5.0', uuid: '8.3.2' };
    const named = bad(Object.entries(asked).map(([name, version]) => ({ name, version })));
    expect(named.map((line) => line.split(' ')[0])).toEqual(Object.entries(asked).map(([name, version]) => `${name}@${version}`));
    expect(knownBad.filter(([, range]) => semver.validRange(range) === null)).toEqual([]);
  });

  it('names no registry: who installs decides where packages come from', () => {
    const hosts = [...JSON.stringify(lock).matchAll(/"resolved":"((?!\.{0,2}\/|libs\/|services\/|e2e)[^"]+)"/g)].map(([, url]) => url);
    expect(hosts).toEqual([]);
    expect(existsSync(join(root, '.npmrc'))).toBe(false);
  });

  it('no package.json asks for anything but a published version', () => {
    const folders = ['libs', 'services'].flatMap((area) => readdirSync(join(root, area)).map((name) => `${area}/${name}`));
    const wanted = ['.', 'e2e', ...folders].flatMap((folder) => {
      const { dependencies, devDependencies, optionalDependencies } = readJson(`${folder}/package.json`);
      return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }).map(([name, range]) => ({
        folder,
        name,
        range,
      }));
    });
    expect(wanted.filter(({ range }) => semver.validRange(range) === null)).toEqual([]);
  });

  it('knows the checksum of every package, but for builds for other platforms that our registry does not carry', () => {
    // tools/complete-lockfile.mjs adds those.
    const unchecked = locked.filter(({ integrity }) => !integrity);
    expect(unchecked.filter(({ optional, os }) => !(optional && os))).toEqual([]);
    const needed = unchecked.filter(({ os, cpu, libc }) => os.includes('linux') && /x64|arm64/.test(cpu) && !libc?.includes('musl'));
    expect(needed.map(({ path }) => path)).toEqual([]);
  });

  it('is complete: npm ci takes it on every platform', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tonegrid-lockfile-'));
    try {
      copyFileSync(join(root, 'package-lock.json'), join(folder, 'package-lock.json'));
      const { stdout } = spawnSync(process.execPath, [join(root, 'tools/complete-lockfile.mjs'), join(folder, 'package-lock.json')], {
        encoding: 'utf8',
      });
      expect(stdout.trim()).toBe('complete');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('holds nothing that needs a newer Node.js than we do', () => {
    const oldest = semver.minVersion(readJson('package.json').engines.node);
    const newer = locked.filter(({ engines }) => engines?.node && !semver.satisfies(oldest, engines.node)).map(({ name }) => name);
    // It says 22 and runs on 20: generated.spec.js runs it.
    expect(newer).toEqual(['@bufbuild/protoc-gen-es']);
  });
});

describe('licences', () => {
  // May be combined with and shipped beside Apache-2.0 code, with no more duty than to name them.
  const permissive = new Set(
    'MIT ISC Apache-2.0 BSD-2-Clause BSD-3-Clause 0BSD BlueOak-1.0.0 CC0-1.0 Unlicense Zlib Python-2.0 PostgreSQL'.split(' '),
  );
  const exceptions = [
    // sharp's libvips: a shared library of its own, unmodified, that anyone can replace by installing another.
    { name: /^@img\/sharp-(libvips-|win32-|wasm32|freebsd-wasm32|webcontainers-wasm32)/, licence: 'LGPL-3.0-or-later' },
    // A table of browsers that Babel's tools read while tests run; no part of it is in anything that ships.
    { name: /^caniuse-lite$/, licence: 'CC-BY-4.0' },
  ];

  /** The licence of a package as its package.json says, which for platforms that are not installed is what the lockfile says. */
  function licenceOf({ path, license }) {
    const installed = existsSync(join(root, path, 'package.json')) ? readJson(join(path, 'package.json')) : { license };
    const said = installed.license ?? installed.licenses ?? license;
    if (Array.isArray(said)) return said.map(({ type }) => type).join(' OR ');
    return typeof said === 'string' ? said : (said?.type ?? 'none');
  }

  /** SPDX expressions of one level: with OR one will do, with AND all must. */
  function compatible(name, expression) {
    const parts = expression.replace(/[()]/g, '').trim();
    if (parts.includes(' OR ')) return parts.split(' OR ').some((part) => compatible(name, part));
    return parts
      .split(' AND ')
      .every((part) => permissive.has(part) || exceptions.some((each) => each.name.test(name) && each.licence === part));
  }

  it('of all packages go with Apache-2.0', () => {
    const foreign = locked.map((each) => `${each.name}: ${licenceOf(each)}`).filter((line) => !compatible(...line.split(': ')));
    expect(foreign).toEqual([]);
  });

  it('that do not go with it are refused', () => {
    const refused = [
      ['left-pad', 'GPL-3.0-only'],
      ['left-pad', 'MIT AND AGPL-3.0-only'],
      ['left-pad', 'LGPL-3.0-or-later'],
      ['left-pad', 'none'],
      ['left-pad', 'SEE LICENSE IN LICENSE'],
    ];
    expect(refused.filter(([name, licence]) => compatible(name, licence))).toEqual([]);
    expect(compatible('left-pad', '(MIT OR GPL-3.0-only)')).toBe(true);
  });

  it('of our own packages are Apache-2.0, and its text is here', () => {
    const ours = Object.entries(lock.packages).filter(([path]) => !path.includes('node_modules/'));
    expect(ours.filter(([, { license }]) => license !== 'Apache-2.0').map(([path]) => path)).toEqual([]);
    const text = readFileSync(join(root, 'LICENSE'), 'utf8');
    expect(text).toContain('Apache License\n                           Version 2.0, January 2004');
    expect(text).toContain('END OF TERMS AND CONDITIONS');
  });
});
