import { runCommand } from './commands';
import { ConfigError } from './config';

const stopping = { asked: new Promise<never>(() => undefined) };
const small = { name: 'small', database: { migrations: [] }, events: true };

test.each([
  [['migrat']],
  [['migrate', 'now']],
  [['dead-letters', 'all']],
  [['replay']],
  [['replay', 'everything']],
  [['replay', '1', 'all']],
])('%j is no command: it says which there are, with status 64', async (words) => {
  const said = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    expect(await runCommand(small, words, stopping)).toBe(64);
    expect(said.mock.calls.join()).toContain('replay all');
  } finally {
    said.mockRestore();
  }
});

test('a service without database or events has nothing to migrate or to replay', async () => {
  await expect(runCommand({ name: 'small' }, ['migrate'], stopping)).rejects.toThrow(
    new ConfigError(['small owns no database: there is nothing to migrate']),
  );
  const without = { ...small, events: false };
  for (const words of [['dead-letters'], ['replay', 'all']])
    await expect(runCommand(without, words, stopping)).rejects.toThrow(
      new ConfigError(['small handles no events: there are no dead letters']),
    );
});
