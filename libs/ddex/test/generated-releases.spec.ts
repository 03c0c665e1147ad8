import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { ernVersions, type ErnVersion } from '../src/grammar/versions';
import { buildNotification, buildPurge } from '../src/model/build-notification';
import type { ReleaseForDsp } from '../src/model/input';
import { readMessage } from '../src/read/read-message';
import { judge } from '../src/validate/judge';
import { createValidator } from '../src/validate/validator';
import { writeNewRelease, writePurge } from '../src/write/write-message';
import { releases } from './arbitrary-releases';
import { describeWithSchemas, schemaFile, schemasDir } from './fixtures';
import { unsaid } from './unsaid';

/**
 * 10,000 by default, of which 160 are put to both schema validators, within a bounded time; DDEX_GENERATED_RELEASES asks for
 * that many of either, however long it takes. The same seed every time: a failure can be looked at again. Each release is
 * rendered in one version of ERN, all four in turns.
 */
const asked = process.env.DDEX_GENERATED_RELEASES;
const runs = Number(asked ?? 10_000);
const boundMs = asked ? 3_600_000 : 4_000;
const seed = Number(process.env.DDEX_SEED ?? 20260617);

const noSchema = () => ({ skipped: 'judged without' });
const versionOf = (input: ReleaseForDsp): ErnVersion => input.dsp.ernVersion!;
const render = (input: ReleaseForDsp): string => writeNewRelease(buildNotification(input).notification, versionOf(input)).xml;

describe('generated releases', () => {
  it(
    `up to ${runs} of them render to messages that parse, resolve and break no rule`,
    () => {
      let judged = 0;
      fc.assert(
        fc.property(releases, (input) => {
          const report = judge(Buffer.from(render(input), 'utf8'), noSchema);
          judged++;
          expect(report.errors.filter((finding) => finding.severity === 'error')).toEqual([]);
        }),
        { numRuns: runs, seed, interruptAfterTimeLimit: boundMs, markInterruptAsFailure: false },
      );
      expect(judged).toBeGreaterThan(20);
    },
    boundMs + 60_000,
  );

  it(
    `up to ${runs} of them are read back as they were, but for what the writer says its version cannot express`,
    () => {
      let read = 0;
      fc.assert(
        fc.property(releases, (input) => {
          const { notification } = buildNotification(input);
          const { xml, losses } = writeNewRelease(notification, versionOf(input));
          const again = readMessage(xml);
          if (!again.ok) throw new Error(again.reason);
          if (again.messageType !== 'NewReleaseMessage' || again.ernVersion !== versionOf(input)) throw new Error(again.ernVersion);
          read++;
          expect(again.ernVersion).toBe(versionOf(input));
          if (again.unmapped.length > 0) throw new Error(JSON.stringify(again.unmapped));
          expect(unsaid(notification, again.notification, losses)).toEqual([]);
          // What it says the second time, it says without loss.
          const twice = writeNewRelease(again.notification, versionOf(input));
          expect(isDeepStrictEqual(readMessage(twice.xml), again)).toBe(true);
        }),
        { numRuns: runs, seed: seed + 2, interruptAfterTimeLimit: boundMs, markInterruptAsFailure: false },
      );
      expect(read).toBeGreaterThan(20);
    },
    boundMs + 60_000,
  );

  it('a purge is read back as it was, in every version', () => {
    fc.assert(
      fc.property(releases, (input) => {
        const purge = buildPurge(input).notification;
        const { xml, losses } = writePurge(purge, versionOf(input));
        expect(losses).toEqual([]);
        expect(readMessage(xml)).toMatchObject({ ok: true, messageType: 'PurgeReleaseMessage', purge, unmapped: [] });
      }),
      { numRuns: 200, seed: seed + 3 },
    );
  });
});

const hasXmllint = spawnSync('xmllint', ['--version']).status === 0;
const schemaFolders: Record<ErnVersion, string> = { '3.8.2': '382', '4.2': '42', '4.3': '43', '4.3.2': '432' };

describeWithSchemas('generated releases against the schema', () => {
  let sample: { version: ErnVersion; xml: string }[];
  beforeAll(() => {
    sample = fc.sample(releases, { numRuns: asked ? runs : 160, seed: seed + 1 }).flatMap((input, index) => [
      { version: versionOf(input), xml: render(input) },
      // Purges are small and alike.
      ...(index % 10 === 0 ? [{ version: versionOf(input), xml: writePurge(buildPurge(input).notification, versionOf(input)).xml }] : []),
    ]);
  }, boundMs + 60_000);

  it(
    'pass libxml2-wasm',
    async () => {
      const validator = createValidator({ schemasDir });
      const reports = await Promise.all(sample.map(({ xml }) => validator.validate(xml)));
      await validator.close();
      for (const report of reports) expect(report.errors.filter((finding) => finding.severity === 'error')).toEqual([]);
      expect(reports.every((report) => report.valid && report.schema_checked)).toBe(true);
      expect(new Set(reports.map((report) => report.ern_version))).toEqual(new Set(ernVersions));
    },
    boundMs + 60_000,
  );

  (hasXmllint ? it : it.skip)(
    hasXmllint ? 'pass xmllint, the second opinion' : 'pass xmllint (skipped: xmllint is not installed)',
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'ddex-generated-'));
      try {
        for (const version of ernVersions) {
          const files = sample
            .filter((message) => message.version === version)
            .map(({ xml }, index) => {
              const file = join(folder, `${version}-${index}.xml`);
              writeFileSync(file, xml);
              return file;
            });
          expect(files.length).toBeGreaterThan(0);
          for (let at = 0; at < files.length; at += 500)
            execFileSync(
              'xmllint',
              [
                '--noout',
                '--nonet',
                '--schema',
                schemaFile('ern', schemaFolders[version], 'release-notification.xsd'),
                ...files.slice(at, at + 500),
              ],
              { stdio: ['ignore', 'ignore', 'pipe'], maxBuffer: 100_000_000 },
            );
        }
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
    boundMs + 60_000,
  );
});
