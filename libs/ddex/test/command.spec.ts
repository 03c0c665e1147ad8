import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buildNotification, buildPurge } from '../src/model/build-notification';
import type { Conversion } from '../src/cli/convert-command';
import { main } from '../src/cli/main';
import { ernVersions } from '../src/grammar/versions';
import { writeNewRelease43, writePurge43 } from '../src/write/write-message';
import { describeWithSamples, describeWithSchemas, sampleRelease, samplesDir, schemasDir, track } from './fixtures';

const lib = join(__dirname, '../..');
const root = join(lib, '../..');
const folder = mkdtempSync(join(tmpdir(), 'ddex-command-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  status: number;
  out: string;
  err: string;
}

/** Runs a program in the empty folder to its end. */
const run = (program: string, args: string[], env: NodeJS.ProcessEnv = {}, cwd = folder, input = ''): Promise<Ended> =>
  new Promise((resolve) => {
    const { DDEX_SCHEMAS_DIR: _, ...rest } = process.env;
    const child = execFile(program, args, { cwd, env: { ...rest, ...env }, maxBuffer: 64e6 }, (error, out, err) =>
      resolve({ status: error ? (error.code as unknown as number) : 0, out, err }),
    );
    child.stdin!.end(input);
  });

const sample = writeNewRelease43(buildNotification(sampleRelease()).notification);
const save = (name: string, text: string | Buffer): string => {
  writeFileSync(join(folder, name), text);
  return name;
};
save('good.xml', sample);
save('dangling.xml', sample.replace('<DealReleaseReference>R2<', '<DealReleaseReference>R9<'));
save('hostile.xml', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>');

/** The package, packed as it is published and unpacked beside the one package that it depends on. */
beforeAll(async () => {
  const packed = await run(
    'npm',
    ['pack', '--ignore-scripts', '--json', '--pack-destination', folder],
    { npm_config_offline: 'true' },
    lib,
  );
  expect(packed.err.replace(/npm (notice|warn).*\n/gi, '')).toBe('');
  const [{ filename, files }] = JSON.parse(packed.out) as [{ filename: string; files: { path: string }[] }];
  const paths = files.map(({ path }) => path);
  expect(paths).toEqual(
    expect.arrayContaining(['bin/ddex.js', 'dist/src/index.js', 'dist/src/validate/worker.js', 'README.md', 'package.json']),
  );
  expect(paths.filter((path) => /\.spec\.|^src\/|^test\/|\.xsd$|\.map$/.test(path))).toEqual([]);
  const home = join(folder, 'node_modules/@tonegrid/ddex');
  mkdirSync(home, { recursive: true });
  expect(
    (await run('tar', ['-xzf', join(folder, filename.replace('@', '').replace('/', '-')), '-C', home, '--strip-components=1'])).err,
  ).toBe('');
  const { dependencies } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { dependencies: Record<string, string> };
  expect(Object.keys(dependencies)).toEqual(['libxml2-wasm']);
  symlinkSync(join(root, 'node_modules/libxml2-wasm'), join(folder, 'node_modules/libxml2-wasm'));
}, 60_000);

const ddex = (...args: string[]): Promise<Ended> => run(process.execPath, ['node_modules/@tonegrid/ddex/bin/ddex.js', ...args]);

describe('the package, alone in a folder', () => {
  it('judges files, and says by its status whether all are valid', async () => {
    const good = await ddex('validate', 'good.xml');
    expect([good.status, good.err]).toEqual([0, '']);
    expect(good.out).toContain('good.xml: valid (ERN 4.3 NewReleaseMessage)\n  the schema was not asked: No DDEX schemas are installed\n');
    const bad = await ddex('validate', 'good.xml', 'dangling.xml');
    expect(bad.status).toBe(1);
    expect(bad.out).toMatch(
      /dangling\.xml: 1 error \(ERN 4\.3 NewReleaseMessage\)\n.*\n {2}\d+:\d+ error references\.dangling: .*\n {6}at \/ern:NewReleaseMessage\/DealList.*\n {6}Something is named/,
    );
  });

  it('prints an array with every member of every finding', async () => {
    const { status, out } = await ddex('validate', '--json', 'dangling.xml', 'hostile.xml', 'absent.xml', 'good.xml');
    expect(status).toBe(1);
    const verdicts = JSON.parse(out);
    expect(verdicts).toMatchObject([
      { file: 'dangling.xml', ern_version: '4.3', message_type: 'NewReleaseMessage', valid: false },
      { file: 'hostile.xml', ern_version: null, message_type: null, valid: false },
      { file: 'absent.xml', ern_version: null, message_type: null, valid: false },
      { file: 'good.xml', valid: true, errors: [] },
    ]);
    const members = ['stage', 'level', 'severity', 'line', 'column', 'xpath', 'code', 'rule', 'message', 'hint'];
    for (const { errors } of verdicts) for (const finding of errors) expect(Object.keys(finding)).toEqual(members);
    expect(verdicts[0].errors).toMatchObject([{ stage: 'references', level: 'error', code: 'references.dangling', rule: null }]);
    expect(verdicts[1].errors).toMatchObject([{ stage: 'parse', level: 'fatal', code: 'xml.doctype', line: 1, column: 1, xpath: null }]);
    expect(verdicts[2].errors).toMatchObject([{ stage: 'parse', code: 'file.unreadable', message: 'There is no such file' }]);
  });

  it('reads the standard input, and no more than it takes', async () => {
    const args = ['node_modules/@tonegrid/ddex/bin/ddex.js', 'validate', '--json', '-'];
    expect(JSON.parse((await run(process.execPath, args, {}, folder, sample)).out)).toMatchObject([{ file: '-', valid: true }]);
    save('large.xml', Buffer.alloc(22_000_000, 32));
    expect(JSON.parse((await ddex('validate', '--json', 'large.xml')).out)[0].errors).toMatchObject([{ code: 'xml.too_large' }]);
  });

  it('asks a DSP’s rules where it is given some', async () => {
    save('rules.json', JSON.stringify({ name: 'Tidewater', rules: { artwork: { min_px: 4000 } } }));
    const { status, out } = await ddex('validate', '--json', '--dsp-rules', 'rules.json', 'good.xml');
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject([
      {
        valid: true,
        score: 70,
        errors: [{ stage: 'dsp', severity: 'warning', code: 'dsp.artwork_too_small', rule: 'artwork.min_px', hint: expect.any(String) }],
      },
    ]);
  });

  it('says how it is used where it is used wrongly, with status 2', async () => {
    const { status, out, err } = await ddex('validate');
    expect([status, out]).toEqual([2, '']);
    expect(err).toContain('Usage:');
  });

  it('converts a message to another version and back, telling what cannot be carried over', async () => {
    mkdirSync(join(folder, 'older'), { recursive: true });
    const there = await ddex('convert', '--to', '3.8.2', '--out', 'older', 'good.xml');
    expect([there.status, there.out]).toEqual([0, '']);
    expect(there.err).toMatch(/^good\.xml: ERN 4\.3 NewReleaseMessage written in ERN 3\.8\.2 to .*older\/good\.xml\n/);
    expect(readFileSync(join(folder, 'older/good.xml'), 'utf8')).toContain('http://ddex.net/xml/ern/382');
    const back = JSON.parse((await ddex('convert', '--json', '--to', '4.3', 'older/good.xml', 'hostile.xml')).out);
    expect(back).toMatchObject([
      {
        file: 'older/good.xml',
        ern_version: '3.8.2',
        to: '4.3',
        valid: true,
        output: null,
        xml: expect.stringContaining('ern/43'),
        unmapped: [],
      },
      { file: 'hostile.xml', valid: false, xml: null, errors: [{ stage: 'parse', level: 'fatal', code: 'xml.doctype' }] },
    ]);
    const same = await ddex('convert', '--to', '4.3', '--strict', 'good.xml');
    expect(same).toMatchObject({ status: 0, out: sample });
    expect(same.err).toMatch(/^good\.xml: ERN 4\.3 NewReleaseMessage written in ERN 4\.3\n {2}the schema was not asked: .*\n$/);
  });

  it('writes nothing of what it may not lose', async () => {
    save(
      'extra.xml',
      sample
        .replace('<MessageHeader>', '<MessageHeader><!-- said by nobody else -->')
        .replace('</MessageFileName>', '</MessageFileName><MessageAuditTrail/>'),
    );
    const { status, out, err } = await ddex('convert', '--strict', '--to', '4.3', 'extra.xml');
    expect([status, out]).toEqual([1, '']);
    expect(err).toContain(
      'not written in ERN 4.3: it cannot be carried over whole\n  left out: /ern:NewReleaseMessage/MessageHeader/MessageAuditTrail',
    );
  });

  it('says what one message tells otherwise than another', async () => {
    save('renamed.xml', sample.replaceAll('Lagos Skyline', 'Lagos Sunrise'));
    const text = await ddex('diff', 'good.xml', 'renamed.xml');
    expect([text.status, text.err]).toEqual([0, '']);
    expect(text.out).toMatch(/Lagos Skyline.* to .*Lagos Sunrise/);
    const same = await ddex('diff', '--exit-code', 'good.xml', 'good.xml');
    expect(same).toEqual({ status: 0, out: 'Both say the same.\n', err: '' });
    const data = await ddex('diff', '--json', '--exit-code', 'good.xml', 'renamed.xml');
    expect(data.status).toBe(1);
    expect(JSON.parse(data.out)).toMatchObject([
      { file: 'good.xml', valid: true, errors: [] },
      {
        file: 'renamed.xml',
        valid: true,
        changes: expect.arrayContaining([expect.objectContaining({ kind: 'changed', text: expect.stringContaining('Lagos Sunrise') })]),
      },
    ]);
    const hostile = await ddex('diff', 'good.xml', 'hostile.xml');
    expect([hostile.status, hostile.out]).toEqual([1, '']);
    expect(hostile.err).toMatch(/^hostile\.xml: 1 error\n {2}1:1 error xml\.doctype: .*\n {6}Messages never carry a DOCTYPE/);
  });

  it('tells of every file that is not read the same ten things, whatever the command', async () => {
    save('cut.xml', sample.slice(0, sample.indexOf('</MessageHeader>')));
    save('utf16.xml', Buffer.from(`\ufeff${sample}`, 'utf16le'));
    save('nameless.xml', sample.replace(/<MessageId>.*<\/MessageId>/, ''));
    const names = ['hostile.xml', 'cut.xml', 'utf16.xml', 'absent.xml', 'nameless.xml'];
    const members = ['stage', 'level', 'severity', 'line', 'column', 'xpath', 'code', 'rule', 'message', 'hint'];
    const validated = JSON.parse((await ddex('validate', '--json', ...names)).out);
    const converted = JSON.parse((await ddex('convert', '--json', '--to', '4.3', ...names)).out);
    const compared = [];
    for (const name of names) {
      const { status, out } = await ddex('diff', '--json', 'good.xml', name);
      const [first, second] = JSON.parse(out);
      expect([status, first.valid, second.changes]).toEqual([1, true, []]);
      compared.push(second);
    }
    for (const [index, name] of names.entries())
      for (const { file, valid, errors } of [converted[index], compared[index]]) {
        expect([file, valid, errors.length]).toEqual([name, false, 1]);
        expect(Object.keys(errors[0])).toEqual(members);
        // What keeps a document from being read is what a validation says.
        if (name !== 'nameless.xml') expect(errors).toEqual(validated[index].errors);
      }
    expect(converted[1].errors[0].line).toBeGreaterThan(1);
    const line = sample.split('\n').findIndex((text) => text.includes('<MessageHeader>')) + 1;
    expect(converted[4].errors[0]).toMatchObject({ line, column: 3, code: 'ern.incomplete', rule: null, hint: null });
    const purge = save('purge.xml', writePurge43(buildPurge(sampleRelease()).notification));
    const [, refused] = JSON.parse((await ddex('diff', '--json', 'good.xml', purge)).out);
    expect(Object.keys(refused.errors[0])).toEqual(members);
  }, 60_000);

  it('ends without a word when its output is closed', async () => {
    const many = Array.from({ length: 40 }, (_, index) =>
      track(1, { position: index + 1, isrc: `NGTON26${String(index).padStart(5, '0')}` }),
    );
    save('long.xml', writeNewRelease43(buildNotification(sampleRelease({ tracks: many })).notification));
    const command = 'node node_modules/@tonegrid/ddex/bin/ddex.js convert --to 4.3 long.xml | head -c 5';
    const { out, err } = await run('sh', ['-c', command]);
    expect(out).toBe('<?xml');
    expect(err).not.toMatch(/EPIPE|node:/);
  });

  it('is a library as well', async () => {
    save(
      'use.js',
      "const { createValidator } = require('@tonegrid/ddex'); const v = createValidator(); v.validate('<a/>').then((r) => { console.log(r.errors[0].code); return v.close(); });",
    );
    expect(await run(process.execPath, ['use.js'])).toMatchObject({ status: 0, out: 'schema.unknown_namespace\n', err: '' });
  });
});

describe('the command line', () => {
  const called = async (...args: string[]) => {
    let [out, err] = ['', ''];
    const terminal = {
      cwd: folder,
      env: {},
      stdin: Readable.from([]),
      print: (text: string) => void (out += text),
      complain: (text: string) => void (err += text),
    };
    return { status: await main(args, { dspOf: () => undefined }, terminal), out, err };
  };

  it.each([
    [[], 'Usage:'],
    [['frobnicate'], 'There is no command "frobnicate".'],
    [['validate', '--frob', 'good.xml'], "Unknown option '--frob'."],
    [['validate', '--schemas'], '--schemas'],
    [['validate', '--schemas', 'nowhere', 'good.xml'], '--schemas: nowhere is no folder.'],
    [['validate', '--dsp-rules', 'good.xml', 'good.xml'], '--dsp-rules: '],
    [['validate', '--dsp-rules', 'absent.json', 'good.xml'], '--dsp-rules: ENOENT'],
    [['validate', '--dsp', 'nowhere', 'good.xml'], '--dsp: there is no DSP "nowhere".'],
    [['validate', '--dsp', 'x', '--dsp-rules', 'y', 'good.xml'], 'give one of them'],
    [['convert', 'good.xml'], '--to: say which version, one of 3.8.2, 4.2, 4.3, 4.3.2.'],
    [['convert', '--to', '4.1', 'good.xml'], '--to: say which version'],
    [['convert', '--to', '4.2'], 'Say which files to convert.'],
    [['convert', '--to', '4.2', 'good.xml', 'dangling.xml'], '--out: say into which folder several files go.'],
    [['convert', '--to', '4.2', '--out', '.', 'good.xml'], '--out: good.xml would be written over.'],
    [['convert', '--to', '4.3', '--out', 'nowhere/x.xml', 'good.xml'], 'ddex: --out: there is no folder nowhere.'],
    [['diff', 'good.xml'], 'Say which two files to compare.'],
    [['diff', '-', '-'], 'Only one of the two can be the standard input.'],
  ])('is refused with its reason: %j', async (args, reason) => {
    const { status, out, err } = await called(...args);
    expect([status, out]).toEqual([2, '']);
    expect(err).toContain(reason);
    expect(err).toContain('Usage:');
  });

  it('tells its usage when asked', async () => {
    for (const args of [['--help'], ['validate', '--help']])
      expect(await called(...args)).toMatchObject({ status: 0, out: expect.stringContaining('ddex validate [--json]'), err: '' });
  });
});

describe('bin/ddex of a checkout', () => {
  it('knows the DSPs of the deployment', async () => {
    const { status, out } = await run(join(root, 'bin/ddex'), ['validate', '--json', '--dsp', 'apple_music', 'good.xml']);
    expect(status).toBe(0);
    expect(JSON.parse(out)[0].errors.map(({ code }: { code: string }) => code)).toContain('dsp.role_missing');
  });
});

describeWithSchemas('with schemas', () => {
  it('asks them, wherever they are said to be', async () => {
    save('kbps.xml', sample.replace('"kbps"', '"Kbps"'));
    for (const result of [
      await ddex('validate', '--json', '--schemas', schemasDir!, 'kbps.xml'),
      await run(process.execPath, ['node_modules/@tonegrid/ddex/bin/ddex.js', 'validate', '--json', 'kbps.xml'], {
        DDEX_SCHEMAS_DIR: schemasDir!,
      }),
    ]) {
      expect(result.status).toBe(1);
      expect(JSON.parse(result.out)).toMatchObject([
        {
          schema_checked: true,
          error_count: 1,
          errors: [
            {
              stage: 'schema',
              code: 'schema.value_not_allowed',
              column: 22,
              rule: null,
              hint: 'Write kbps: capitals and small letters count.',
            },
          ],
        },
      ]);
    }
  });
});

describeWithSamples('official messages, converted', () => {
  const names = ['ern382/album', 'ern382/track', 'ern382/purge', 'ern42/audio', 'ern43/audio', 'ern43/simple-audio-single'];
  const files = names.map((name) => join(samplesDir!, `${name}.xml`));
  const converted = async (...args: string[]) => {
    const { status, out } = await ddex('convert', '--json', '--schemas', schemasDir!, ...args);
    return { status, conversions: JSON.parse(out) as (Conversion & { xml: string })[] };
  };

  it.each(ernVersions)(
    'to ERN %s are valid by its schema, and what breaks a rule of the profile is said',
    async (to) => {
      const { status, conversions } = await converted('--to', to, ...files);
      for (const { schema_checked, errors, valid } of conversions) {
        expect(schema_checked).toBe(true);
        expect(errors.filter(({ stage }) => stage === 'schema' || stage === 'references')).toEqual([]);
        expect(valid).toBe(errors.length === 0);
      }
      expect(status).toBe(conversions.every(({ valid }) => valid) ? 0 : 1);
      // The sample's own GRid is none, which ERN 3's profile does not judge and ERN 4's does.
      const broken = to === '3.8.2' ? [] : files.slice(0, 2);
      expect(conversions.filter(({ valid }) => !valid).map(({ file }) => file)).toEqual(broken);
      for (const { errors } of conversions.slice(0, broken.length))
        expect(errors.map(({ code }) => code)).toEqual(expect.arrayContaining(['profile.grid_form', 'profile.track_release_missing']));
    },
    60_000,
  );

  it('say what the version had to be told: its sets, its language, its types; a profile of ERN 3 becomes Audio', async () => {
    const { conversions } = await converted('--to', '4.3.2', ...files.slice(0, 5));
    const [album, , purge, of42, of43] = conversions;
    expect(album!.supplied.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['avsVersionId', 'language', 'release.types', 'recordings[0].type', 'recordings[0].artists']),
    );
    expect(album!.losses.map(({ path }) => path)).toContain('profile');
    expect(album!.xml).toMatch(/ReleaseProfileVersionId="Audio"/);
    expect(purge!.xml).toMatch(/AvsVersionId="9" LanguageAndScriptCode="und"/);
    for (const { xml, supplied } of [of42!, of43!]) {
      expect(xml).toMatch(/ AvsVersionId="9"/);
      expect(supplied).toEqual([{ path: 'avsVersionId', reason: 'ERN 4.3.2 wants the version of its allowed-value sets: 9' }]);
    }
    expect((await converted('--to', '4.3', files[3]!)).conversions[0]!.xml).toMatch(/ AvsVersionId="3"/);
  }, 60_000);

  it('are not written with --strict when the result is not valid', async () => {
    const { status, out, err } = await ddex('convert', '--strict', '--schemas', schemasDir!, '--to', '4.3', files[0]!);
    expect([status, out]).toEqual([1, '']);
    expect(err).toMatch(/not written in ERN 4\.3: what would be written is not valid\n(.*\n)*.* error profile\.grid_form: /);
    const loose = await ddex('convert', '--schemas', schemasDir!, '--to', '4.3', files[0]!);
    expect([loose.status, loose.out]).toEqual([1, expect.stringContaining('<ern:NewReleaseMessage')]);
    expect(loose.err).toMatch(/written in ERN 4\.3, which is not valid\n/);
    expect((await ddex('convert', '--strict', '--schemas', schemasDir!, '--to', '4.3', files[3]!)).status).toBe(0);
  }, 60_000);
});
