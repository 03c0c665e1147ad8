import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { readMetrics } from './read-metrics';

test('what prom-client writes is read as it was counted', async () => {
  const registers = [new Registry()];
  const calls = new Counter({ name: 'calls_total', help: 'a\nb\\c', labelNames: ['path'], registers });
  calls.inc({ path: 'with "quotes", \\ and\nlines, a="b"' }, 2);
  calls.inc({ path: '/a' }, 3);
  new Gauge({ name: 'empty', help: 'none', labelNames: ['x'], registers });
  const seconds = new Histogram({ name: 'seconds', help: 's', buckets: [0.1, 1], labelNames: ['m'], registers });
  seconds.observe({ m: 'x' }, 0.5);
  seconds.observe({ m: 'x' }, 5);
  const metrics = readMetrics(await registers[0]!.metrics());
  expect(Object.fromEntries(metrics.types)).toEqual({ calls_total: 'counter', empty: 'gauge', seconds: 'histogram' });
  expect([metrics.sum('calls_total'), metrics.sum('calls_total', { path: '/a' }), metrics.sum('empty')]).toEqual([5, 3, undefined]);
  expect(metrics.samples[0]!.labels).toEqual({ path: 'with "quotes", \\ and\nlines, a="b"' });
  expect([metrics.sum('seconds_count', { m: 'x' }), metrics.sum('seconds_bucket', { le: '1' })]).toEqual([2, 1]);
});

const gauge = '# HELP a b\n# TYPE a gauge\n';
test.each([
  ['an end in the middle of a line', `${gauge}a 1`, 'does not end'],
  ['a number that is none', `${gauge}a one\n`, 'not a sample'],
  ['labels that do not close', `${gauge}a{b="c} 1\n`, 'not labels'],
  ['a line break in a label', `${gauge}a{b="c\nd"} 1\n`, 'not a sample'],
  ['the same series twice', `${gauge}a{b="c",d="e"} 1\na{d="e",b="c"} 2\n`, 'a series twice'],
  ['a label twice', `${gauge}a{b="c",b="d"} 1\n`, 'a label twice'],
  ['a family twice', `${gauge}a 1\n# TYPE a gauge\n`, 'a second TYPE'],
  ['a sample without its family', `${gauge}b 1\n`, 'outside of its family'],
  ['buckets that shrink', '# TYPE h histogram\nh_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n', 'do not grow'],
  ['a histogram without +Inf', '# TYPE h histogram\nh_bucket{le="1"} 1\nh_sum 1\nh_count 1\n', 'not +Inf'],
])('%s is refused', (_name, text, reason) => expect(() => readMetrics(text)).toThrow(reason));
