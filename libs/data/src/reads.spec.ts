import type { PoolClient } from 'pg';
import { Reads } from './reads';

interface Asked {
  submit(wire: unknown): Error | null;
  handleCommandComplete(message: { text: string }): void;
  handleError(error: Error): void;
}

/** A connection that answers so many statements, and is then lost. */
function dyingClient(answers: number): { client: PoolClient; released: unknown[] } {
  const released: unknown[] = [];
  const ignore = () => undefined;
  const wire = {
    stream: { cork: ignore, uncork: ignore },
    parsedStatements: {},
    ...{ parse: ignore, bind: ignore, describe: ignore, execute: ignore, sync: ignore, on: ignore, removeListener: ignore },
  };
  const client = {
    query(asked: Asked) {
      asked.submit(wire);
      for (let n = 0; n < answers; n += 1) asked.handleCommandComplete({ text: 'SELECT 0' });
      asked.handleError(Object.assign(new Error('terminating connection'), { code: '57P01' }));
    },
    release: (broken: unknown) => released.push(broken),
  };
  return { client: client as unknown as PoolClient, released };
}

const outcomes = async (answers: number) => {
  const { client, released } = dyingClient(answers);
  const reads = new Reads(() => Promise.resolve(client), 1);
  const both = await Promise.allSettled(['a', 'b'].map((tenant) => reads.read(tenant, { text: 'select 1' })));
  return { outcomes: both.map(({ status }) => status), released };
};

test('a connection that is lost behind the last answer takes nothing back', async () => {
  expect(await outcomes(4)).toEqual({ outcomes: ['fulfilled', 'fulfilled'], released: [true] });
});

test('a connection that is lost in the middle fails what is not answered', async () => {
  expect(await outcomes(2)).toEqual({ outcomes: ['fulfilled', 'rejected'], released: [true] });
  expect(await outcomes(0)).toEqual({ outcomes: ['rejected', 'rejected'], released: [true] });
});
