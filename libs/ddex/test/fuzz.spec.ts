import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspectMessage } from '../src/inspect/inspect-message';
import { buildNotification, buildPurge } from '../src/model/build-notification';
import { judge } from '../src/validate/judge';
import type { Report } from '../src/validate/report';
import { createValidator, type Validator } from '../src/validate/validator';
import { writeNewRelease43, writePurge43 } from '../src/write/write-message';
import { sampleRelease, samplesDir, schemasDir } from './fixtures';
import { mutate, randomOf } from './mutate';

/** Seconds in all, and the seed of the first document: `FUZZ_SECONDS=600 FUZZ_SEED=7 npx jest libs/ddex/dist/test/fuzz`. */
const seconds = Number(process.env['FUZZ_SECONDS'] ?? 6);
const firstSeed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000_000);

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesOf(join(folder, entry.name)) : [readFileSync(join(folder, entry.name), 'utf8')],
  );
const official = samplesDir ? filesOf(samplesDir) : [];
const [first, second] = sampleRelease().tracks;
const corpus = [
  ...official.filter((text) => text.length < 100_000),
  writeNewRelease43(buildNotification(sampleRelease()).notification),
  writeNewRelease43(buildNotification(sampleRelease({ tracks: [{ ...first!, isrc: null }, second!] })).notification),
  writePurge43(buildPurge(sampleRelease()).notification),
];
const dsp = {
  name: 'Tidewater',
  rules: {
    artwork: { min_px: 640, asked_px: 3000, max_px: 10_000, square: true, formats: ['JPEG' as const] },
    titles: { casing: 'mixed' as const, featured_artists: false, marketing_words: ['exclusive'], needless_words: ['original mix'] },
    explicit: { required: true, accepted: ['Explicit', 'NotExplicit'] },
    roles: { wanted: [['Composer']], user_defined: false, ignored: ['Producer'] },
    audio: { min_sample_rate: 44_100, min_bit_depth: 16 },
    artists: { refused_names: ['unknown'] },
  },
};

/** What every report keeps to, whatever it is about. */
function checkReport(report: Report): void {
  const errors = report.errors.filter(({ severity }) => severity === 'error');
  if (report.valid !== (report.error_count === 0)) throw new Error(`valid is ${report.valid} with ${report.error_count} errors`);
  if (report.errors.length > 100) throw new Error(`${report.errors.length} findings are told`);
  if (errors.length > report.error_count) throw new Error(`${errors.length} errors are told, ${report.error_count} are counted`);
  if (report.error_count > 0 && errors.length === 0) throw new Error('an error is counted and none is told');
  for (const finding of report.errors) {
    if (!finding.message || !finding.hint || !finding.code)
      throw new Error(`a finding lacks its message, hint or code: ${JSON.stringify(finding)}`);
    if (finding.line < 0 || finding.column < 0 || !Number.isInteger(finding.line) || !Number.isInteger(finding.column))
      throw new Error(`a finding is nowhere: ${JSON.stringify(finding)}`);
    if (['xml.too_slow', 'xml.too_complex'].includes(finding.code)) throw new Error(`the worker was lost: ${finding.message}`);
  }
}

describe('mutated messages', () => {
  let validator: Validator;
  beforeAll(async () => {
    validator = createValidator({ schemasDir, timeoutMs: 20_000 });
    // The schemas of all versions are compiled before the clock runs.
    for (const document of corpus) checkReport(await validator.validate(document));
  }, 60_000);
  afterAll(() => validator.close());

  it(
    `never break a reader or the validator (seeds from ${firstSeed}, ${seconds} s)`,
    async () => {
      process.stderr.write(`fuzz: seeds from ${firstSeed}\n`);
      const until = Date.now() + seconds * 1000;
      let judged = 0;
      for (let seed = firstSeed; Date.now() < until; seed++) {
        const document = mutate(corpus, randomOf(seed));
        try {
          inspectMessage(document);
          checkReport(judge(document, () => ({ skipped: 'not asked' }), {}, dsp));
          checkReport(await validator.validate(document, dsp));
        } catch (error) {
          throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
        }
        judged++;
      }
      expect(judged).toBeGreaterThan(0);
    },
    (seconds + 60) * 1000,
  );

  it('are the same for the same seed', () => {
    expect(Buffer.from(mutate(corpus, randomOf(42))).equals(Buffer.from(mutate(corpus, randomOf(42))))).toBe(true);
    expect(Buffer.from(mutate(corpus, randomOf(42))).equals(Buffer.from(mutate(corpus, randomOf(43))))).toBe(false);
  });
});
