import { parseGrid, parseUpc } from '@tonegrid/ddex';
import { gridSeries, isrcSeries, upcRange, upcSeries } from './series';

test('a UPC series has as many numbers as the prefix leaves digits, each with a right check digit', () => {
  const series = upcSeries('196922');
  expect(series.last - series.first + 1).toBe(99_999);
  expect(series.identifier(series.first)).toMatch(/^19692200001\d$/);
  expect(parseUpc(series.identifier(series.first)!)).toEqual({ ok: true, value: series.identifier(series.first) });
  expect(series.identifier(series.last)).toMatch(/^19692299999\d$/);
});

test('a range of UPCs begins and ends with those that were named, leading zeros included', () => {
  const range = upcRange('036000291452', '036000291490');
  expect([range.identifier(range.first), range.identifier(range.last)]).toEqual(['036000291452', '036000291490']);
  expect(range.last - range.first).toBe(4);
});

test('an ISRC series goes through the designations of one registrant after the other', () => {
  const one = isrcSeries('NGABC', 2026);
  expect(one.last - one.first + 1).toBe(99_999);
  expect(one.identifier(one.first)).toBe('NGABC2600001');
  expect(one.identifier(one.last)).toBe('NGABC2699999');
  const many = isrcSeries('NGT', 2026);
  expect(many.identifier(many.first)).toBe('NGT002600001');
  expect(many.identifier(many.first + 99_999)).toBeUndefined();
  expect(many.identifier(many.first + 100_000)).toBe('NGT012600001');
  expect(many.identifier(many.last)).toBe('NGTZZ2699999');
  expect(Number.isSafeInteger(isrcSeries('ZZ', 2099).last)).toBe(true);
});

test('a number means the same ISRC in the series of a registrant and in that of all who begin alike; another one in another year', () => {
  const { first } = isrcSeries('NGTNG', 2026);
  expect(isrcSeries('NGT', 2026).identifier(first)).toBe('NGTNG2600001');
  expect(isrcSeries('NGTNG', 2027).first).toBeGreaterThan(isrcSeries('NGTNG', 2026).last);
});

test('a GRid has its check character', () => {
  expect(parseGrid(gridSeries('TNGRD').identifier(12_345)!)).toEqual({ ok: true, value: gridSeries('TNGRD').identifier(12_345) });
});
