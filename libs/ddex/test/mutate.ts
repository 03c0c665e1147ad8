/** A random source that gives the same numbers for the same seed (mulberry32): a failure can be run again. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const values = [
  '',
  ' ',
  '\u0000',
  '&#0;',
  '&amp;',
  '&x;',
  '<![CDATA[]]>',
  '<!-- x -->',
  '<?x y?>',
  '-1',
  '1e309',
  '9'.repeat(400),
  'true',
  '2026-02-30T25:61:61Z',
  'P9999999999Y',
  'Worldwide',
  '\u202e',
  '😀',
  'a\u0301'.repeat(50),
  '__proto__',
  'constructor',
  '../../../etc/passwd',
  'x'.repeat(5000),
];
const bytes = [0x00, 0x22, 0x26, 0x27, 0x2f, 0x3c, 0x3d, 0x3e, 0x80, 0xc0, 0xff];
const prologues = [
  '<!DOCTYPE a [<!ENTITY x "y">]>',
  '<?xml version="1.1"?>',
  '<?xml version="1.0" encoding="UTF-16"?>',
  '\ufeff',
  ' ',
  '<!--',
];

/**
 * A document made from others by some mutations that know XML: elements taken out, doubled, moved, nested in themselves, renamed, given
 * the insides of an element of another document; attributes, values and bytes changed; the whole cut off.
 */
export function mutate(documents: readonly string[], random: () => number): Uint8Array {
  const below = (n: number): number => Math.floor(random() * n);
  const one = <T>(items: readonly T[]): T => items[below(items.length)]!;
  const spanOf = (text: string): [number, number] | null => {
    for (let tries = 0; tries < 10; tries++) {
      const start = text.indexOf('<', below(text.length));
      const name = start < 0 ? undefined : /^<([A-Za-z][\w:]*)/.exec(text.slice(start, start + 80))?.[1];
      if (!name) continue;
      const end = text.indexOf(`</${name}>`, start);
      if (end >= 0 && end - start < 20_000) return [start, end + name.length + 3];
    }
    return null;
  };
  let text = one(documents);
  let wanted = 1 + below(4);
  while (wanted-- > 0) {
    const span = spanOf(text);
    const [start, end] = span ?? [below(text.length), text.length];
    const whole = text.slice(start, end);
    const replaced = (by: string): string => text.slice(0, start) + by + text.slice(end);
    switch (below(13)) {
      case 0:
        text = replaced('');
        break;
      case 1:
        text = replaced(whole + whole);
        break;
      case 2: {
        const other = spanOf(text);
        if (other) text = text.slice(0, other[0]) + whole + text.slice(other[0]);
        break;
      }
      case 3:
        text = replaced(whole.repeat(2 + below(40)).slice(0, 200_000));
        break;
      case 4: {
        const depth = 1 + below(150);
        text = replaced('<Party>'.repeat(depth) + whole + '</Party>'.repeat(depth));
        break;
      }
      case 5:
        text = replaced(whole.replace(/^<([\w:]+)/, one(['<x:$1', '<$1X', '<', '<$1 xmlns="http://ddex.net/xml/ern/432"', '<ern:$1'])));
        break;
      case 6: {
        const donor = one(documents);
        const part = spanOf(donor);
        if (part) text = replaced(donor.slice(...part));
        break;
      }
      case 7:
        text = replaced(whole.replace(/>[^<]*</, () => `>${one(values)}<`));
        break;
      case 8:
        text = replaced(whole.replace(/="[^"]*"/, () => `="${one(values)}"`));
        break;
      case 9:
        text = replaced(
          whole.replace(
            /^<([\w:]+)/,
            (tag) =>
              `${tag} ${one(['a="1"', 'xsi:nil="true"', 'xml:lang="x"', 'xsi:schemaLocation="http://ddex.net/xml/ern/43 file:///etc/passwd"', 'a="1" a="2"'])}`,
          ),
        );
        break;
      case 10:
        text = text.slice(0, below(text.length));
        break;
      case 11:
        text = one(prologues) + text;
        break;
      default: {
        const raw = Buffer.from(text, 'utf8');
        for (let n = 1 + below(5); n > 0 && raw.length > 0; n--) raw[below(raw.length)] = random() < 0.5 ? one(bytes) : below(256);
        if (wanted === 0) return raw;
        text = raw.toString('utf8');
      }
    }
    if (text.length === 0) text = '<a/>';
  }
  return Buffer.from(text, 'utf8');
}
