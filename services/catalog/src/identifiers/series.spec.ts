import { parseGrid, parseUpc } from '@tonegrid/ddex';
import { gridSeries, isrcSeries, upcSeries } from './series';

test('a UPC series has as many numbers as the prefix leaves digits, each with a right check digit', () => {
  const series = upcSeries('196922');
  expect(series.capacity).toBe(99_999);
  expect(parseUpc(series.identifier(1))).toEqual({ ok: true, value: series.identifier(1) });
  expect(series.identifier(series.capacity)).toMatch(/^19692299999\d$/);
});

test('an ISRC series goes through the designations of one registrant after the other', () => {
  const series = isrcSeries(['NGABC', 'NGT'], 2026);
  expect(series.capacity).toBe((1 + 36 * 36) * 99_999);
  expect(series.identifier(1)).toBe('NGABC2600001');
  expect(series.identifier(99_999)).toBe('NGABC2699999');
  expect(series.identifier(100_000)).toBe('NGT002600001');
  expect(series.identifier(2 * 99_999 + 1)).toBe('NGT012600001');
  expect(series.identifier(series.capacity)).toBe('NGTZZ2699999');
  expect(() => series.identifier(series.capacity + 1)).toThrow(RangeError);
});

test('a GRid has its check character', () => {
  expect(parseGrid(gridSeries('TNGRD').identifier(12_345))).toEqual({ ok: true, value: gridSeries('TNGRD').identifier(12_345) });
});
