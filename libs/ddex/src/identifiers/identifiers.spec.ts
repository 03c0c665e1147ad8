import fc from 'fast-check';
import { isniCheckCharacter } from './check-digits';
import { parseDpid, parseIpi, parseIsni } from './parties';
import { mintGrid, mintUpc, parseGrid, parseUpc } from './products';
import { mintIsrc, parseIsrc, parseIswc } from './recordings';

describe('a UPC', () => {
  it('is taken as UPC-A, EAN-13 or GTIN-14, the reference’s own example among them', () => {
    for (const upc of ['190295810726', '0123456789012', '00094631432057']) expect(parseUpc(upc)).toEqual({ ok: true, value: upc });
    expect(parseUpc(' 0 12345-67890 12 ')).toEqual({ ok: true, value: '0123456789012' });
  });

  it('is refused with a wrong check digit or another length', () => {
    expect(parseUpc('195497123456')).toEqual({ ok: false, reason: 'has a wrong check digit (2 expected)', expected: '2' });
    for (const bad of ['', '12345678', '123456789012345', '19029581072A']) expect(parseUpc(bad).ok).toBe(false);
  });

  it('that is minted is always accepted', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99999 }), fc.constantFrom(12 as const, 13 as const), (item, length) => {
        expect(parseUpc(mintUpc('195497', item, length))).toMatchObject({ ok: item < 10 ** (length - 7) });
      }),
      { examples: [[0, 12]], numRuns: 200 },
    );
  });

  it('cannot be minted beyond its range', () => {
    expect(() => mintUpc('195497', 100_000, 12)).toThrow(RangeError);
    expect(() => mintUpc('19549712345', 0, 12)).toThrow(RangeError);
  });

  it('with any one digit changed is refused', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99999 }), fc.nat(11), fc.integer({ min: 1, max: 9 }), (item, at, by) => {
        const upc = mintUpc('195497', item);
        const changed = upc.slice(0, at) + String((Number(upc[at]) + by) % 10) + upc.slice(at + 1);
        expect(parseUpc(changed).ok).toBe(false);
      }),
    );
  });
});

describe('an ISRC', () => {
  it('loses its hyphens and is upper-cased', () => {
    expect(parseIsrc('us-rc1-23-45678')).toEqual({ ok: true, value: 'USRC12345678' });
    expect(parseIsrc('ISRC USRC12345678')).toEqual({ ok: true, value: 'USRC12345678' });
  });

  it('of another form is refused', () => {
    for (const bad of ['USRC1234567', '1SRC12345678', 'USRC1234567X']) expect(parseIsrc(bad).ok).toBe(false);
  });

  it('is minted from prefix, year and number', () => {
    expect(mintIsrc('NGTON', 2026, 1)).toBe('NGTON2600001');
    expect(() => mintIsrc('NGTON', 2026, 100_000)).toThrow(RangeError);
  });
});

describe('names of parties', () => {
  it('an ISNI is 16 characters with a right check character', () => {
    expect(parseIsni('0000 0001 2103 2683')).toEqual({ ok: true, value: '0000000121032683' });
    expect(parseIsni('https://isni.org/isni/0000000121032683')).toEqual({ ok: true, value: '0000000121032683' });
    expect(parseIsni('0000000121032684').ok).toBe(false);
    expect(parseIsni('4567').ok).toBe(false);
    expect(isniCheckCharacter('000000012150090')).toMatch(/^[\dX]$/);
  });

  it('an IPI of 9 to 11 digits is padded to 11', () => {
    expect(parseIpi('123456789')).toEqual({ ok: true, value: '00123456789' });
    expect(parseIpi('12345678').ok).toBe(false);
  });

  it('a published DPID has a right check character; a wrong one is a warning', () => {
    expect(parseDpid('PA-DPIDA-2011072101-T')).toEqual({ ok: true, value: 'PADPIDA2011072101T' });
    expect(parseDpid('PADPIDA2014020404J')).toMatchObject({ ok: true, warnings: [expect.stringContaining('wrong check character')] });
    expect(parseDpid('PADPIDA1').ok).toBe(false);
  });
});

describe('works and releases', () => {
  it('an ISWC loses its punctuation; a wrong check digit, as in the reference’s example, is a warning', () => {
    expect(parseIswc('T-034.524.680-1')).toEqual({ ok: true, value: 'T0345246801' });
    expect(parseIswc('T-123456789-0')).toMatchObject({ ok: true, value: 'T1234567890', warnings: [expect.stringContaining('4 expected')] });
    expect(parseIswc('T-12345678-0').ok).toBe(false);
  });

  it('a GRid has 18 characters; a wrong check character, as in the reference’s example, is a warning', () => {
    expect(parseGrid('A1-0302B-0003989564-F')).toEqual({ ok: true, value: 'A10302B0003989564F' });
    expect(parseGrid('A12425GABC1234567X')).toMatchObject({ ok: true, warnings: [expect.stringContaining('M expected')] });
    expect(parseGrid('A1B2C3').ok).toBe(false);
  });

  it('a GRid that is minted is accepted without a warning', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 36n ** 10n - 1n }), (number) => {
        expect(Object.keys(parseGrid(mintGrid('2425G', number)))).toEqual(['ok', 'value']);
      }),
    );
  });
});
