import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildNotification, buildPurge } from '../src/model/build-notification';
import { createValidator, type Validator } from '../src/validate/validator';
import { writeNewRelease, writeNewRelease43, writePurge43 } from '../src/write/write-message';
import { describeWithSamples, describeWithSchemas, sampleRelease, samplesDir, schemaFile, schemasDir, track } from './fixtures';

const sample = writeNewRelease43(buildNotification(sampleRelease()).notification);

describe('without schemas', () => {
  const validator = createValidator({ schemasDir: null });
  afterAll(() => validator.close());

  it('the schema stage is skipped with its reason and the others judge', async () => {
    const report = await validator.validate(sample.replace('<DealReleaseReference>R2<', '<DealReleaseReference>R9<'));
    expect(report).toMatchObject({
      valid: false,
      error_count: 1,
      schema_checked: false,
      schema_skipped_reason: 'No DDEX schemas are installed',
      xsd_path: null,
      ern_version: '4.3',
    });
    expect(report.errors).toMatchObject([{ stage: 'references', code: 'references.dangling', severity: 'error' }]);
  });

  it('a message of ours is in order', async () => {
    expect(await validator.validate(sample)).toMatchObject({ valid: true, errors: [] });
    expect(await validator.validate(writePurge43(buildPurge(sampleRelease()).notification))).toMatchObject({
      valid: true,
      errors: [],
      message_type: 'PurgeReleaseMessage',
    });
  });

  it.each(['4.3', '3.8.2'] as const)('a release of 1,000 tracks, the most that there can be, is judged in ERN %s', async (version) => {
    const tracks = Array.from({ length: 1000 }, (_, n) => track(n + 1, { isrc: `NGTON26${String(n + 1).padStart(5, '0')}` }));
    const { xml } = writeNewRelease(buildNotification(sampleRelease({ tracks, dsp: { ernVersion: version } })).notification, version);
    expect(await validator.validate(xml)).toMatchObject({ valid: true, error_count: 0, ern_version: version });
  });

  it('what a rule says of an attribute stands at the attribute', async () => {
    const wrong = sample.replace(/ AvsVersionId="[^"]*"/, '\n  AvsVersionId="2022"');
    expect((await validator.validate(wrong)).errors).toMatchObject([
      { code: 'profile.avs_version', line: 3, column: 3, xpath: '/ern:NewReleaseMessage/@AvsVersionId' },
    ]);
    const twice = sample.replace(/<DisplayArtist SequenceNumber="1">[^]*?<\/DisplayArtist>/, (artist) => artist + artist);
    expect((await validator.validate(twice)).errors).toMatchObject([
      { code: 'profile.artist_sequence', xpath: expect.stringMatching(/DisplayArtist\[2\]\/@SequenceNumber$/) },
    ]);
    const unnumbered = sample.replace('<DisplayArtist SequenceNumber="1">', '<DisplayArtist>');
    expect((await validator.validate(unnumbered)).errors).toMatchObject([
      { code: 'profile.artist_sequence', xpath: expect.stringMatching(/\/DisplayArtist$/) },
    ]);
  });

  it('a byte that is not UTF-8 has its line and column', async () => {
    const [before, after] = sample.split('Midnight in Lagos', 2) as [string, string];
    const document = Buffer.concat([Buffer.from(`${before}Señor 😀 Caf`), Buffer.from([0xe9]), Buffer.from(after)]);
    const line = before.split('\n').length;
    const column = before.length - before.lastIndexOf('\n') + 'Señor _ Caf'.length;
    expect((await validator.validate(document)).errors).toMatchObject([{ code: 'xml.encoding', line, column }]);
    expect((await validator.validate(Buffer.from(`\ufeff${sample}`, 'utf16le'))).errors).toMatchObject([
      { code: 'xml.encoding', line: 1, column: 1 },
    ]);
  });

  it('another namespace is an error of its own', async () => {
    expect((await validator.validate(sample.replace('xml/ern/43', 'xml/ern/99'))).errors).toMatchObject([
      { code: 'schema.unknown_namespace', line: 2, column: 1 },
    ]);
  });
});

describe('a pool', () => {
  it('ends a worker that takes too long, answers, and goes on with another', async () => {
    // Some hundred milliseconds of work.
    const slow = `<a>${'<b/>\n'.repeat(145_000)}</a>`;
    const validator = createValidator({ timeoutMs: 15 });
    await validator.warm();
    expect((await validator.validate(slow)).errors).toMatchObject([{ code: 'xml.too_slow' }]);
    await validator.close();
    const patient = createValidator({ timeoutMs: 60_000, maxHeapMb: 16 });
    expect((await patient.validate(slow)).errors).toMatchObject([
      { code: expect.stringMatching(/^(xml.too_complex|schema.unknown_namespace)$/) },
    ]);
    expect((await patient.validate(sample)).valid).toBe(true);
    await patient.close();
  });

  it('answers many at once, each with its own report, and renews its workers', async () => {
    const validator = createValidator({ workers: 2, maxDocuments: 20 });
    const reports = await Promise.all(Array.from({ length: 100 }, (_, i) => validator.validate(i % 2 ? sample : '<a/>')));
    expect(reports.map((report) => report.valid)).toEqual(reports.map((_, i) => i % 2 === 1));
    await validator.close();
  });

  it('keeps one worker for documents of ordinary size: they are judged while large ones fill the others', async () => {
    const validator = createValidator({ workers: 2 });
    await validator.warm();
    const order: string[] = [];
    const large = sample.replace('<DealList>', `<!-- ${'x'.repeat(2 * 1024 * 1024)} --><DealList>`);
    const judge = (name: string, document: string) => validator.validate(document).then(() => order.push(name));
    const all = [...Array.from({ length: 4 }, () => judge('large', large)), ...Array.from({ length: 4 }, () => judge('small', '<a/>'))];
    await Promise.all(all);
    expect(order).toHaveLength(8);
    expect(order.lastIndexOf('small')).toBeLessThan(order.lastIndexOf('large'));
    await validator.close();
  });

  (existsSync('/proc/thread-self') ? it : it.skip)(
    'has, of several, one worker of the process’s own priority, and others that give way',
    async () => {
      const niceness = () =>
        readdirSync('/proc/self/task').map((thread) =>
          Number(readFileSync(`/proc/self/task/${thread}/stat`, 'utf8').split(') ')[1]!.split(' ')[16]),
        );
      const own = niceness()[0]!;
      const before = niceness().filter((nice) => nice > own).length;
      const validator = createValidator({ workers: 3 });
      await validator.warm();
      expect(niceness().filter((nice) => nice > own).length).toBe(own >= 10 ? before : before + 2);
      await validator.close();
    },
  );

  it('that is closed rejects', async () => {
    const validator = createValidator();
    const waiting = validator.validate(sample);
    await Promise.all([expect(waiting).rejects.toThrow('closed'), validator.close()]);
    await expect(validator.validate(sample)).rejects.toThrow('closed');
  });
});

describeWithSchemas('with schemas', () => {
  let validator: Validator;
  beforeAll(() => void (validator = createValidator({ schemasDir, workers: 2 })));
  afterAll(() => validator.close());

  it('messages of ours are valid in every variant', async () => {
    const immersive = {
      isrc: 'NGTON2600009',
      audio: { source: 'x', format: 'wav' as const, sampleRate: 48_000, bitDepth: 24, channels: 12 },
    };
    const [first, second] = sampleRelease().tracks;
    const inputs = [
      sampleRelease(),
      sampleRelease({ tracks: [{ ...first!, immersive }, second!] }),
      sampleRelease({ tracks: [first!], release: { type: 'single' } }),
      sampleRelease({ release: { type: 'compilation', genre: null, label: null, artists: [], upc: null, grid: null, releaseDate: null } }),
      sampleRelease({
        config: {
          territories: { mode: 'exclude', codes: ['US'] },
          monetizationPolicies: ['ugc_monetization', 'ringtone', 'ringback_tone', 'conditional_download', 'permanent_download'],
        },
      }),
      sampleRelease({ message: { takedown: { strategy: 'end_deals', at: '2026-08-01T00:00:00Z' } } }),
      sampleRelease({ message: { takedown: { strategy: 'no_deals', at: '2026-08-01T00:00:00Z' } } }),
      sampleRelease({ config: { sentOnBehalfOf: { dpid: 'PADPIDA2013042401U', name: 'A Label' }, isTestDelivery: true } }),
    ];
    for (const input of inputs) {
      const report = await validator.validate(writeNewRelease43(buildNotification(input).notification));
      expect(report.errors.filter((finding) => finding.severity === 'error')).toEqual([]);
      expect(report).toMatchObject({
        valid: true,
        schema_checked: true,
        xsd_path: schemaFile('ern', '43', 'release-notification.xsd'),
        xsd_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      });
    }
    expect(await validator.validate(writePurge43(buildPurge(sampleRelease()).notification))).toMatchObject({
      valid: true,
      schema_checked: true,
    });
  });

  const bitRate = '/ern:NewReleaseMessage/ResourceList/SoundRecording[1]/SoundRecordingEdition/TechnicalDetails/DeliveryFile/BitRate';

  it('an error has the line, column and XPath of its attribute, even where all is on one line', async () => {
    const wrong = sample.replace('"kbps"', '"Kbps"');
    const line = wrong.split('\n').findIndex((text) => text.includes('"Kbps"')) + 1;
    const xpath = `${bitRate}/@UnitOfMeasure`;
    const report = await validator.validate(wrong);
    expect(report).toMatchObject({
      valid: false,
      error_count: 1,
      errors: [
        {
          stage: 'schema',
          level: 'error',
          line,
          column: 22,
          xpath,
          code: 'schema.value_not_allowed',
          hint: 'Write kbps: capitals and small letters count.',
          message: expect.stringContaining("'Kbps' is not an element of the set"),
        },
      ],
    });
    const flat = wrong.replace(/\n\s*/g, '');
    expect((await validator.validate(flat)).errors).toMatchObject([{ line: 1, column: flat.indexOf('UnitOfMeasure="Kbps"') + 1, xpath }]);
  });

  it.each([
    ['a value', 'UnitOfMeasure="Kbps"', '/@UnitOfMeasure', 'UnitOfMeasure="Kbps"'],
    ['a name', 'UnitOfMeasure="kbps"\n Foo="1"', '/@Foo', 'Foo="1"'],
    ['a name with a prefix', 'UnitOfMeasure="kbps"\n xml:base="1"', '/@xml:base', 'xml:base="1"'],
  ])('an error about %s of an attribute stands where it is, on whichever line of its tag', async (_what, attributes, step, at) => {
    const wrong = sample.replace(/<BitRate [^>]*>/, `<BitRate\n    ${attributes}>`);
    const before = wrong.slice(0, wrong.indexOf(at));
    const { errors } = await validator.validate(wrong);
    expect(errors.filter(({ xpath }) => xpath === `${bitRate}${step}`)).toMatchObject([
      { line: before.split('\n').length, column: before.length - before.lastIndexOf('\n') },
    ]);
  });

  it('an error about an element stands at it, whatever its attributes are', async () => {
    const wrong = sample.replace(/<BitRate [^>]*>[^<]*/, '<BitRate\n    UnitOfMeasure="kbps">much');
    expect((await validator.validate(wrong)).errors).toMatchObject([{ code: 'schema.value_type', column: 13, xpath: bitRate }]);
    const unsaid = sample.replace(/<ern:NewReleaseMessage/, '$&\n   ').replace(/ AvsVersionId="[^"]*"/, '');
    expect((await validator.validate(unsaid)).errors).toMatchObject([
      { code: 'schema.attribute_missing', line: 2, column: 1, xpath: '/ern:NewReleaseMessage' },
    ]);
  });

  it('blanks belong to the text of an element, also before a comment, and mean nothing between elements', async () => {
    const loose = sample.replaceAll(/>\n\s*</g, '>\n\n\t  <');
    expect(await validator.validate(loose)).toMatchObject({ valid: true, errors: [] });
    const judged = async (duration: string) => {
      const { valid, error_count } = await validator.validate(sample.replace(/<Duration>[^<]*</, `<Duration>${duration}<`));
      return { valid, error_count };
    };
    for (const duration of ['PT3M38S', ' PT3M38S', '\n  PT3M38S ', ' ', 'PT3M 38S'])
      expect(await judged(duration.replace(/^(\s*)/, '$1<!-- length -->'))).toEqual(await judged(duration));
    expect(await judged('PT3M38S')).toEqual({ valid: true, error_count: 0 });
    expect((await judged(' ')).valid).toBe(false);
  });

  it('what libxml2 lets pass, dangling and double references, is found beside it', async () => {
    const report = await validator.validate(sample.replace('<PartyReference>P_LABEL_1<', '<PartyReference>P_ARTIST_1<'));
    expect(report.errors.map((finding) => finding.code)).toEqual([
      'references.duplicate',
      'references.dangling',
      'references.dangling',
      'references.dangling',
    ]);
  });

  it('50,000 schema errors are counted, the first 100 listed, in bounded time of the processor', async () => {
    const many = sample.replace('</PartyList>', `${'<Party><PartyReference>X</PartyReference></Party>\n'.repeat(50_000)}</PartyList>`);
    const began = process.cpuUsage();
    const report = await validator.validate(many);
    const { user, system } = process.cpuUsage(began);
    expect(report.errors).toHaveLength(100);
    expect(report.error_count).toBeGreaterThanOrEqual(50_000);
    // Half a second where nothing else runs; libxml2 alone takes 19.
    expect(user + system).toBeLessThan(4_000_000);
  });

  it('memory does not grow with the number of documents', async () => {
    const wrong = sample.replace('"kbps"', '"Kbps"');
    const judge = async (count: number): Promise<void> => {
      for (let done = 0; done < count; done += 50)
        await Promise.all(Array.from({ length: 50 }, (_, i) => validator.validate(i % 2 ? sample : wrong)));
    };
    await judge(300);
    const before = process.memoryUsage().rss;
    await judge(700);
    expect(process.memoryUsage().rss - before).toBeLessThan(60e6);
  });
});

describeWithSamples('DDEX’s samples', () => {
  const validator = createValidator({ schemasDir });
  afterAll(() => validator.close());
  const files = samplesDir
    ? readdirSync(samplesDir).flatMap((folder) => readdirSync(join(samplesDir!, folder)).map((file) => join(folder, file)))
    : [];

  // Jest will not take an empty table, not even in a suite that it skips.
  it.each(files.length > 0 ? files : ['none'])('%s is valid and resolves', async (file) => {
    const report = await validator.validate(readFileSync(join(samplesDir!, file)));
    expect(report.errors.filter((finding) => finding.severity === 'error')).toEqual([]);
    expect(report.schema_checked).toBe(true);
  });
});
