import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { timestampOf } from './timestamp';

test.each([0, 1, 999, 1000, 1_795_857_347_854, -1, -1500])('%d ms is the moment that the library makes of it', (ms) => {
  const { seconds, nanos } = timestampFromMs(ms);
  expect(timestampOf(ms)).toEqual({ seconds, nanos });
  expect(timestampOf(new Date(ms))).toEqual({ seconds, nanos });
});
