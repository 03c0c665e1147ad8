import fc from 'fast-check';
import { scanXml } from '../read/scan-xml';
import { element, IllegalXmlText, leaf, serialize } from './string-tree';

const legal = /^(?:[\t\n\r\u0020-\uD7FF\uE000-\uFFFD]|[\uD800-\uDBFF][\uDC00-\uDFFF])*$/;
// All of Unicode, lone surrogates and control characters included, and plenty of what XML treats as special.
const anyText = fc.string({
  unit: fc.oneof(
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        '<',
        '>',
        '&',
        '"',
        "'",
        '\t',
        '\n',
        '\r',
        ']]>',
        '&amp;',
        '<!--',
        '\0',
        '\uFFFE',
        '\uD800',
        '😀',
        'é',
        '漢',
        'א',
        'ق',
      ),
    },
    fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
    fc.string({ unit: 'binary', maxLength: 2 }),
  ),
  maxLength: 40,
});

describe('the serializer', () => {
  it('gives back every text and attribute as it was, or refuses what XML cannot hold', () => {
    fc.assert(
      fc.property(anyText, anyText, (text, attribute) => {
        const write = (): string => serialize(element('a', { b: attribute }, [leaf('c', text)]));
        if (!legal.test(text) || !legal.test(attribute)) {
          expect(write).toThrow(IllegalXmlText);
          return;
        }
        const root = scanXml(write());
        expect(root.attributes[0]!.value).toBe(attribute);
        expect(root.children[0]!.text).toBe(text);
      }),
      { numRuns: 3000 },
    );
  });

  it('leaves out what is unknown and puts one element on a line', () => {
    expect(serialize(element('a', { b: undefined, c: 1 }, [leaf('d', undefined), leaf('e', false), null, element('f', null, [])]))).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<a c="1">\n  <e>false</e>\n  <f>\n  </f>\n</a>\n',
    );
  });

  it('names the place of what it refuses', () => {
    expect(() => serialize(element('a', null, [leaf('TitleText', 'x\0')]))).toThrow('TitleText holds U+0000');
  });
});
