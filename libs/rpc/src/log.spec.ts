import { createLogger } from './log';

test('values under the names of secrets never reach a line, also nested', () => {
  const lines: string[] = [];
  const logger = createLogger('suite', 'info', { write: (line: string) => lines.push(line) });
  logger.info(
    { authorization: 'Bearer hush', body: { client_secret: 'hush', nested: { password: 'hush', token: 'hush' } }, title: 'shown' },
    'a line',
  );
  const line = lines.join('');
  expect(line).not.toContain('hush');
  expect(JSON.parse(line)).toMatchObject({ service: 'suite', level: 'info', title: 'shown', msg: 'a line' });
});
