import { textAt } from './find';
import { PositionMap, resolveXpath, xpathOf } from './locate';
import { byteString, scanXml, XmlRefused } from './scan-xml';

const codeOf = (xml: string | Uint8Array): string => {
  try {
    scanXml(xml);
    return 'accepted';
  } catch (error) {
    if (error instanceof XmlRefused) return error.code;
    throw error;
  }
};

describe('a scan', () => {
  it('reads elements, attributes, text, references and CDATA', () => {
    const root = scanXml(
      '<?xml version="1.0"?>\n<!-- c --><a x="1 &amp; 2" y=\'"\'><b>é&#233;&#x1F600; <![CDATA[<&amp;>]]></b>\n<c/></a>\n<!-- end -->',
    );
    expect(root.attributes.map((item) => [item.name, item.value])).toEqual([
      ['x', '1 & 2'],
      ['y', '"'],
    ]);
    expect(root.children.map((item) => [item.name, item.text])).toEqual([
      ['b', 'éé😀 <&amp;>'],
      ['c', ''],
    ]);
  });

  it.each([
    ['xml.doctype', '<!DOCTYPE a><a/>'],
    ['xml.doctype', '<?xml version="1.0"?><!-- x --><!doctype a [<!ENTITY b "c">]><a>&b;</a>'],
    ['xml.entity', '<a>&b;</a>'],
    ['xml.entity', '<a b="&constructor;"/>'],
    ['xml.malformed', '<a>&b</a>'],
    ['xml.malformed', '<a>&b &amp;</a>'],
    ['xml.malformed', '<a>&</a>;'],
    ['xml.malformed', `<a>&${'b'.repeat(33)};</a>`],
    ['xml.entity', '<a>&;</a>'],
    ['xml.entity', '<a>&#;&#x;</a>'],
    ['xml.entity', '<a>&amp;&AMP;</a>'],
    ['xml.illegal_character', '<a>&#x110000;</a>'],
    ['xml.illegal_character', '<a>&#0;</a>'],
    ['xml.illegal_character', '<a>&#xD800;</a>'],
    ['xml.illegal_character', '<a>\0</a>'],
    ['xml.illegal_character', '<a>\uFFFF</a>'],
    ['xml.malformed', ''],
    ['xml.malformed', 'text'],
    ['xml.malformed', '<a>'],
    ['xml.malformed', '<a></b>'],
    ['xml.malformed', '<a></ab>'],
    ['xml.malformed', '</a>'],
    ['xml.malformed', '<a/><b/>'],
    ['xml.malformed', '<a/>text'],
    ['xml.malformed', '<a b=1/>'],
    ['xml.malformed', '<a b="1" b="2"/>'],
    ['xml.malformed', '<a b="1"c="2"/>'],
    ['xml.malformed', '<a b="<"/>'],
    ['xml.malformed', '<a b/>'],
    ['xml.malformed', '<a'],
    ['xml.malformed', '< a/>'],
    ['xml.malformed', '<1/>'],
    ['xml.malformed', '<a><!-- -- --></a>'],
    ['xml.malformed', '<a><![CDATA[</a>'],
    ['xml.malformed', '<a><?pi</a>'],
    ['xml.malformed', ' <?xml version="1.0"?><a/>'],
    ['xml.malformed', '<!ELEMENT a ANY><a/>'],
    ['xml.too_deep', '<a>'.repeat(101) + '</a>'.repeat(101)],
    ['xml.too_many_attributes', `<a ${Array.from({ length: 65 }, (_, i) => `b${i}="1"`).join(' ')}/>`],
    ['xml.too_long', `<a b="${'x'.repeat(1024 * 1024 + 1)}"/>`],
    ['xml.too_long', `<a>${'x'.repeat(1024 * 1024 + 1)}</a>`],
    ['xml.too_long', `<a><![CDATA[${'x'.repeat(1024 * 1024 + 1)}]]></a>`],
    ['xml.too_long', `<a>${'x'.repeat(600_000)}<!-- -->${'x'.repeat(600_000)}</a>`],
    ['xml.too_long', `<a>${'x'.repeat(600_000)}<![CDATA[${'x'.repeat(600_000)}]]></a>`],
    ['xml.too_many_sections', `<a>${'<![CDATA[x]]>'.repeat(1001)}</a>`],
    ['xml.too_many_sections', `<a>${'x<!---->'.repeat(1001)}</a>`],
    ['xml.too_many_sections', `<a>${'<?x y?>'.repeat(1001)}</a>`],
    ['xml.too_many_sections', `<a><b/>${'<!----><?x y?>\n<![CDATA[]]>'.repeat(334)}</a>`],
    ['accepted', `<a>${'<!---->'.repeat(1000)}<b>${'<![CDATA[x]]>'.repeat(1000)}</b>${'<?x y?>'.repeat(1000)}</a>`],
    ['xml.encoding', '<?xml version="1.0" encoding="ISO-8859-1"?><a/>'],
  ])('refuses %s: %.60s', (code, xml) => expect(codeOf(xml)).toBe(code));

  it('tells names and characters as they are', () => {
    expect(() => scanXml('<größe></b>')).toThrow('</größe> expected');
    expect(() => scanXml('<a größe="1" größe="2"/>')).toThrow('Attribute größe is given twice');
    expect(() => scanXml('<a>\uFFFE</a>')).toThrow('Character U+FFFE is not allowed');
    expect(() => scanXml('<a>\u0001</a>')).toThrow('Character U+0001 is not allowed');
    expect(codeOf(`<a ${'b'.repeat(1024)}="1"/>`)).toBe('accepted');
    expect(codeOf(`<a ${'b'.repeat(1025)}="1"/>`)).toBe('xml.too_long');
    expect(codeOf(`<a ${'b'.repeat(10_000_000)}="1"`)).toBe('xml.too_long');
    expect(codeOf(`<a b>${'b'.repeat(10_000)}<c d="1"/></a>`)).toBe('xml.malformed');
  });

  it('decodes each reference once, and says in whole letters which one it does not know', () => {
    expect(scanXml('<a>&amp;lt;&lt;&#38;amp;&#x26;&gt;é&quot;x&apos;</a>').text).toBe('&lt;<&amp;&>é"x\'');
    expect(() => scanXml('<a>&é;</a>')).toThrow('Entity "&é;" is not allowed');
    expect(() => scanXml('<a b="x&#0;"/>')).toThrow(expect.objectContaining({ offset: 7 }));
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(codeOf(Buffer.from('<a>\xe9</a>', 'latin1'))).toBe('xml.encoding');
    expect(codeOf(Buffer.from('\ufeff<a/>', 'utf16le'))).toBe('xml.encoding');
  });

  it('says which byte is the first that is not UTF-8', () => {
    const offsetIn = (...parts: (string | number[])[]): unknown => {
      try {
        return scanXml(Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part)))));
      } catch (error) {
        return { code: (error as XmlRefused).code, offset: (error as XmlRefused).offset };
      }
    };
    const long = 'é😀ラx\n'.repeat(20_000);
    const bytes = Buffer.byteLength(long);
    for (const bad of [
      [0xe9],
      [0x80],
      [0xc0, 0xbc],
      [0xed, 0xa0, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0xf0, 0x9f, 0x98],
      [0xff],
      Array<number>(70_000).fill(0x80),
    ]) {
      expect(offsetIn('<a>', bad, '</a>')).toEqual({ code: 'xml.encoding', offset: 3 });
      expect(offsetIn('<a>', long, bad, '</a>', [0xff])).toEqual({ code: 'xml.encoding', offset: 3 + bytes });
      expect(offsetIn('<a>', long, 'é', bad)).toEqual({ code: 'xml.encoding', offset: 5 + bytes });
    }
    for (let before = 65_530; before < 65_540; before++)
      expect(offsetIn('x'.repeat(before), '😀', [0xe9], '</a>')).toMatchObject({ offset: before + 4 });
    expect(offsetIn('\ufeff<?xml version="1.0" encoding="latin1"?><a/>')).toEqual({ code: 'xml.encoding', offset: 23 });
  });

  it('takes a byte order mark, and what many elements cost only once', () => {
    expect(scanXml('\ufeff<?xml version="1.0" encoding="utf-8"?><a/>').name).toBe('a');
    expect(codeOf(`<a>${'<b/>'.repeat(400_000)}</a>`)).toBe('xml.too_many_elements');
  });

  it('counts comments, CDATA sections and processing instructions as it counts elements, and says which one is too many', () => {
    const refusal = (xml: string, maxElements?: number): unknown => {
      try {
        return scanXml(xml, maxElements === undefined ? {} : { maxElements }).name;
      } catch (error) {
        return error;
      }
    };
    for (const section of ['<!-- -->', '<![CDATA[x]]>', '<?x y?>']) {
      expect(refusal(`<a><b/>${section}<b/>${section}</a>`, 5)).toBe('a');
      expect(refusal(`<a><b/>${section}<b/>${section}</a>`, 4)).toMatchObject({
        code: 'xml.too_many_elements',
        offset: `<a><b/>${section}<b/>`.length,
      });
      expect(refusal(`<a>${section.repeat(1001)}</a>`)).toMatchObject({ code: 'xml.too_many_sections', offset: 3 + section.length * 1000 });
    }
  });

  it('knows lines and columns in characters', () => {
    const xml = '<a>\n  <b>😀é</b><c/>\n</a>';
    const root = scanXml(xml);
    const positions = new PositionMap(byteString(xml));
    expect(positions.at(root.start)).toEqual({ line: 1, column: 1 });
    expect(positions.at(root.children[0]!.start)).toEqual({ line: 2, column: 3 });
    expect(positions.at(root.children[1]!.start)).toEqual({ line: 2, column: 12 });
    expect(positions.onLine(2)).toEqual({ line: 2, column: 3 });
  });

  it('knows the place of every offset, in documents of many lines and of long ones, in whatever order it is asked', () => {
    for (const piece of ['\n', '\n\n  x', 'é😀ラ', `${'é'.repeat(700)}\n`, `\r\n${'x'.repeat(3000)}`]) {
      for (const mark of ['', '\ufeff']) {
        const text = byteString(`${mark}<a>${piece.repeat(Math.ceil(4000 / piece.length))}</a>`);
        const expected: { line: number; column: number }[] = [];
        for (let i = 0, line = 1, column = 1; i <= text.length; i++) {
          expected.push({ line, column });
          if (text[i] === '\n') [line, column] = [line + 1, 1];
          else if (i >= (mark ? 3 : 0) && !/[\x80-\xbf]/.test(text[i] ?? '')) column++;
        }
        const positions = new PositionMap(text);
        const asked = [text.length, 0, ...expected.keys(), 2048, 1023, 1024, 1025];
        expect(asked.map((offset) => positions.at(offset))).toEqual(asked.map((offset) => expected[offset]));
        const last = expected.at(-1)!.line;
        for (const line of new Set([last, 1, 2, Math.ceil(last / 2)].filter((each) => each <= last))) {
          const indent = /^[ \t]*/.exec(text.slice(mark ? 3 : 0).split('\n')[line - 1]!)![0].length;
          expect(positions.onLine(line)).toEqual({ line, column: indent + 1 });
        }
        expect(positions.onLine(last + 1)).toEqual({ line: last + 1, column: 1 });
      }
    }
  });

  it('finds every element by the XPath that it has', () => {
    const root = scanXml('<x:a><b/><b c="1"><d>1</d></b><e/></x:a>');
    expect(root.children.map(xpathOf)).toEqual(['/x:a/b[1]', '/x:a/b[2]', '/x:a/e']);
    for (const element of [...root.children, root.children[1]!.children[0]!]) expect(resolveXpath(root, xpathOf(element))).toBe(element);
    expect(resolveXpath(root, '/x:a/b[2]/@c')).toBe(root.children[1]!.attributes[0]);
    expect(resolveXpath(root, '/x:a/b[2]/f/g')).toBe(root.children[1]);
    expect(resolveXpath(root, '/b')).toBeNull();
    expect(textAt(root, 'b', 'd')).toBe('1');
  });
});
