import { create } from '@bufbuild/protobuf';
import { FieldMaskSchema } from '@bufbuild/protobuf/wkt';
import { UpdateReleaseRequestSchema } from '@tonegrid/contracts';
import { changedFields, supplied } from './supplied';

test('with a mask the named fields are supplied, whatever they hold', () => {
  const has = supplied(
    create(UpdateReleaseRequestSchema, { title: 'x', updateMask: create(FieldMaskSchema, { paths: ['release_date'] }) }),
  );
  expect([has('release_date'), has('title')]).toEqual([true, false]);
});

test('without a mask those with a value are', () => {
  const has = supplied(create(UpdateReleaseRequestSchema, { releaseDate: '2026-01-01', explicit: false }));
  expect([has('release_date'), has('explicit'), has('artists'), has('localized_titles'), has('title')]).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});

test('only what differs is a change', () => {
  const stored = { title: 'a', codes: ['x'], titles: { en: 'a', fr: 'b' }, none: null as string | null };
  expect(changedFields(stored, { title: 'a', codes: ['x'], titles: { fr: 'b', en: 'a' }, none: null })).toEqual({});
  expect(changedFields(stored, { codes: ['y'], none: 'z' })).toEqual({ codes: ['y'], none: 'z' });
});
