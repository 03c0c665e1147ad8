import { buildNotification } from '../src/model/build-notification';
import { createValidator, type Validator } from '../src/validate/validator';
import { writeNewRelease43 } from '../src/write/write-message';
import { sampleRelease, schemasDir } from './fixtures';

const sample = writeNewRelease43(buildNotification(sampleRelease()).notification);
const times = (count: number, make: (n: number) => string): string => Array.from({ length: count }, (_, n) => make(n)).join('');
const inMessage = (inside: string): string => sample.replace('<PartyList>', `<PartyList>${inside}`);
const inText = (inside: string): string => sample.replace('<MessageId>', `<MessageId>${inside}`);
const laughs = `<!DOCTYPE a [<!ENTITY l0 "lol">${times(30, (n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`)}]><a>&l30;</a>`;

/** What each attack is, the document, and the code that it is refused with. */
const attacks: [string, string, () => string | Uint8Array][] = [
  ['an external entity', 'xml.doctype', () => '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'],
  ['an external entity by address', 'xml.doctype', () => '<!DOCTYPE a [<!ENTITY x SYSTEM "http://127.0.0.1:9/x">]><a>&x;</a>'],
  ['a parameter entity', 'xml.doctype', () => '<!DOCTYPE a [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]><a/>'],
  ['an external DTD', 'xml.doctype', () => '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>'],
  ['a DTD in small letters, after a comment', 'xml.doctype', () => '<!-- x --><!doctype a><a/>'],
  ['an entity bomb', 'xml.doctype', () => laughs],
  ['a quadratic blow-up', 'xml.doctype', () => `<!DOCTYPE a [<!ENTITY x "${'x'.repeat(100_000)}">]><a>${'&x;'.repeat(100_000)}</a>`],
  ['an entity without its DTD', 'xml.entity', () => inMessage('&passwd;')],
  ['deep nesting', 'xml.too_deep', () => '<a>'.repeat(1_000_000)],
  ['deep nesting that is closed', 'xml.too_deep', () => inMessage('<a>'.repeat(50_000) + '</a>'.repeat(50_000))],
  ['one huge attribute', 'xml.too_long', () => inMessage(`<Party a="${'x'.repeat(18_000_000)}"/>`)],
  ['very many attributes', 'xml.too_many_attributes', () => inMessage(`<Party ${times(200_000, (n) => ` a${n}=""`)}/>`)],
  [
    'many attributes on many elements',
    'xml.too_many_elements',
    () => inMessage(`<Party ${times(60, (n) => ` a${n}=""`)}/>`.repeat(30_000)),
  ],
  ['very many CDATA sections in one text', 'xml.too_many_sections', () => inText('<![CDATA[x]]>'.repeat(1_400_000))],
  ['very many comments in one text', 'xml.too_many_sections', () => inText('<!---->a'.repeat(2_000_000))],
  ['very many processing instructions', 'xml.too_many_sections', () => inMessage('<?x y?>'.repeat(2_500_000))],
  ['a comment before each of many elements', 'xml.too_many_elements', () => inMessage('<!----><Party/>'.repeat(1_200_000))],
  ['one huge CDATA section', 'xml.too_long', () => inText(`<![CDATA[${'x'.repeat(18_000_000)}]]>`)],
  ['very many lines', 'xml.too_long', () => inMessage('\n'.repeat(18_000_000))],
  ['very many lines with an error at their end', 'xml.malformed', () => inMessage(`${'\n'.repeat(1_000_000)}<Party/>`.repeat(18) + '<1/>')],
  ['one huge text', 'xml.too_long', () => inMessage('x'.repeat(18_000_000))],
  ['a name without an end', 'xml.too_long', () => `<${'a'.repeat(15_000_000)}`],
  ['a comment without an end', 'xml.malformed', () => `<a><!-- ${'x'.repeat(15_000_000)}`],
  ['very many elements', 'xml.too_many_elements', () => inMessage('<Party/>'.repeat(2_000_000))],
  ['very many references to characters', 'xml.too_long', () => inMessage('&#65;'.repeat(3_000_000))],
  ['UTF-16', 'xml.encoding', () => Buffer.from(`\ufeff${sample}`, 'utf16le')],
  ['UTF-32', 'xml.encoding', () => Buffer.from([0, 0, 0xfe, 0xff, 0, 0, 0, 0x3c])],
  ['Latin-1 that says it is UTF-8', 'xml.encoding', () => Buffer.from(inMessage('é'), 'latin1')],
  ['UTF-7', 'xml.encoding', () => '<?xml version="1.0" encoding="UTF-7"?>+ADw-a/+AD4-'],
  ['EBCDIC', 'xml.encoding', () => '<?xml version="1.0" encoding="IBM037"?><a/>'],
  ['overlong UTF-8', 'xml.encoding', () => Buffer.concat([Buffer.from('<a>'), Buffer.from([0xc0, 0xbc]), Buffer.from('</a>')])],
  ['NUL bytes', 'xml.illegal_character', () => inMessage('\0'.repeat(1000))],
  ['only NUL bytes', 'xml.illegal_character', () => Buffer.alloc(10_000_000)],
  ['a NUL by reference', 'xml.illegal_character', () => inMessage('&#0;')],
  ['100 MB', 'xml.too_large', () => Buffer.alloc(100_000_000, 32)],
  ['another namespace within', 'xml.mixed_namespaces', () => inMessage('<x:Party xmlns:x="http://ddex.net/xml/ern/432"/>')],
  ['a prefix that nobody declared', 'xml.mixed_namespaces', () => inMessage('<svg:script/>')],
  ['a default namespace within', 'xml.mixed_namespaces', () => inMessage('<Party xmlns="http://www.w3.org/1999/xhtml"/>')],
  [
    'a default namespace for all',
    'xml.default_namespace',
    () => sample.replace('xmlns:ern=', 'xmlns="http://ddex.net/xml/ern/43" xmlns:ern='),
  ],
  ['nothing', 'xml.malformed', () => ''],
  ['a picture', 'xml.encoding', () => Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46])],
];

describe('hostile documents', () => {
  let validator: Validator;
  beforeAll(async () => {
    validator = createValidator({ schemasDir });
    await validator.warm();
    await validator.validate(sample);
    await validator.validate(sample.replaceAll('PartyReference', 'PartyRef'));
  });
  afterAll(() => validator.close());

  // A second and 150 MB are the bounds. Time is that of the processor, so that what else the machine does is left out; a processor that is
  // shared takes two or three times as long for the same.
  it.each(attacks)('%s is refused as %s at once and in little memory, and the next document is judged', async (_name, code, make) => {
    const document = make();
    const before = process.memoryUsage.rss();
    let peak = before;
    const watching = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 2);
    const began = process.cpuUsage();
    const report = await validator.validate(document);
    const { user, system } = process.cpuUsage(began);
    peak = Math.max(peak, process.memoryUsage.rss());
    clearInterval(watching);
    expect(report).toMatchObject({
      valid: false,
      error_count: 1,
      errors: [{ stage: 'parse', level: 'fatal', code, hint: expect.stringMatching(/\.$/) }],
    });
    expect(user + system).toBeLessThan(3_000_000);
    expect(peak - before).toBeLessThan(150e6);
    expect((await validator.validate(sample)).valid).toBe(true);
  });

  const unnumbered = '<DisplayArtist><DisplayArtistRole>x</DisplayArtistRole></DisplayArtist>';
  const contributor = '<Contributor><ContributorPartyReference>P</ContributorPartyReference></Contributor>';
  it.each([
    [
      'recording',
      () =>
        sample.replace(
          '<ResourceList>',
          `<ResourceList>${'<SoundRecording><ResourceReference>A</ResourceReference></SoundRecording>'.repeat(74_000)}`,
        ),
    ],
    ['edition', () => sample.replace('<SoundRecording>', `<SoundRecording>${'<SoundRecordingEdition/>'.repeat(140_000)}`)],
    ['display artist', () => sample.replace('<SoundRecording>', `<SoundRecording>${unnumbered.repeat(70_000)}`)],
    ['contributor', () => sample.replace('<SoundRecording>', `<SoundRecording>${contributor.repeat(70_000)}`)],
  ])('a message in which every %s is wrong is judged in bounded time and memory', async (_name, make) => {
    const document = make();
    const before = process.memoryUsage.rss();
    let peak = before;
    const watching = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 2);
    const began = process.cpuUsage();
    const report = await validator.validate(document);
    const { user, system } = process.cpuUsage(began);
    clearInterval(watching);
    expect(report.errors).toHaveLength(100);
    expect(report.error_count).toBeGreaterThan(70_000);
    expect(user + system).toBeLessThan(5_000_000);
    expect(peak - before).toBeLessThan(150e6);
  });

  it('a large document never makes ordinary ones wait, where there is more than one worker', async () => {
    const pool = createValidator({ schemasDir, workers: 2 });
    await pool.warm();
    const order: string[] = [];
    const large = sample.replace('</PartyList>', `${'<Party><PartyReference>X</PartyReference></Party>\n'.repeat(30_000)}</PartyList>`);
    const told = (name: string, document: string) => pool.validate(document).then((report) => void order.push(`${name} ${report.valid}`));
    await Promise.all([told('large', large), told('large', large), ...Array.from({ length: 10 }, () => told('small', sample))]);
    await pool.close();
    expect(order.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 'small true'));
    expect(order.slice(10)).toEqual(['large false', 'large false']);
  });
});
