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
    ['xml.encoding', '<?xml version="1.0" encoding="ISO-8859-1"?><a/>'],
  ])('refuses %s: %.60s', (code, xml) => expect(codeOf(xml)).toBe(code));

  it('refuses bytes that are not UTF-8', () => {
    expect(codeOf(Buffer.from('<a>\xe9</a>', 'latin1'))).toBe('xml.encoding');
    expect(codeOf(Buffer.from('\ufeff<a/>', 'utf16le'))).toBe('xml.encoding');
  });

  it('takes a byte order mark, and what many elements cost only once', () => {
    expect(scanXml('\ufeff<?xml version="1.0" encoding="utf-8"?><a/>').name).toBe('a');
    expect(codeOf(`<a>${'<b/>'.repeat(400_000)}</a>`)).toBe('xml.too_many_elements');
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

  it('finds every element by the XPath that it has', () => {
    const root = scanXml('<x:a><b/><b c="1"><d>1</d></b><e/></x:a>');
    expect(root.children.map(xpathOf)).toEqual(['/x:a/b[1]', '/x:a/b[2]', '/x:a/e']);
    for (const element of [...root.children, root.children[1]!.children[0]!])
      expect(resolveXpath(root, xpathOf(element))).toBe(element.start);
    expect(resolveXpath(root, '/x:a/b[2]/@c')).toBe(root.children[1]!.attributes[0]!.start);
    expect(textAt(root, 'b', 'd')).toBe('1');
  });
});
