import fc from 'fast-check';
import { scanXml } from '../read/scan-xml';
import { element, serialize } from '../write/string-tree';
import { decimal, duration, Reading, Writing, type Codec } from './codec';
import { bitRate, frequency } from './values';

const back = (codec: Codec<number>, value: number): number | undefined => {
  const root = scanXml(serialize(element('a', null, [codec.write(value, 'b', new Writing('4.3'))])));
  return codec.read(root.children[0]!, new Reading());
};
const inUnit = (codec: Codec<number>, value: string, unit: string): number | undefined =>
  codec.read(scanXml(`<a UnitOfMeasure="${unit}">${value}</a>`), new Reading());

describe('numbers of a message', () => {
  it('come back as they were, large and with decimals', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (tenths) => {
        expect(back(bitRate, tenths / 10)).toBe(tenths / 10);
        expect(decimal.parse(decimal.format(tenths / 10))).toBe(tenths / 10);
        expect(duration.parse(duration.format(tenths / 1000))).toBe(tenths / 1000);
      }),
    );
  });

  it('are held in one unit, whatever unit they are said in', () => {
    expect(inUnit(frequency, '44.1', 'kHz')).toBe(44_100);
    expect(inUnit(bitRate, '1.411', 'Mbps')).toBe(1411);
    expect(inUnit(bitRate, '320000', 'bps')).toBe(320);
    expect(inUnit(frequency, '44.1', 'parsec')).toBe(44.1);
  });

  it('are none where the text is none', () => {
    for (const text of ['', 'P', 'PT', 'P1Y', '3:38', 'PT3M38', '-PT1S']) expect(duration.parse(text)).toBeUndefined();
    expect(duration.parse('P1DT1H1M1.5S')).toBe(90_061.5);
    for (const text of ['', '.', '1e3', '0x10', 'NaN']) expect(decimal.parse(text)).toBeUndefined();
  });
});
