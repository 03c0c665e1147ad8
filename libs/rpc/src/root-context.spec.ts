import { createContextKey, trace, type SpanContext } from '@opentelemetry/api';
import { rootContext } from './root-context';

const [one, other] = [createContextKey('one'), createContextKey('other')];

test('a context has what it was made with and what stood before it, and is never changed', () => {
  const first = rootContext.setValue(one, 1);
  const second = first.setValue(other, 2);
  const third = second.setValue(one, 3);
  expect([first, second, third].map((context) => [context.getValue(one), context.getValue(other)])).toEqual([
    [1, undefined],
    [1, 2],
    [3, 2],
  ]);
  expect(third.deleteValue(one).getValue(one)).toBeUndefined();
  expect(third.getValue(one)).toBe(3);
  expect(rootContext.getValue(one)).toBeUndefined();
});

test('spans stand in it as in any other', () => {
  const span = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 } satisfies SpanContext;
  expect(trace.getSpanContext(trace.setSpanContext(rootContext, span))).toBe(span);
});
