import { openData } from '@tonegrid/data';
import { Registry } from 'prom-client';
import { Consumer } from '../src';
import { log, noteAllHandled, noteHandled } from './stage';

/** A consumer in a process of its own, to be killed; TOGETHER: it handles many events together. */
async function main(): Promise<void> {
  const { DATABASE_URL: databaseUrl = '', NATS_URL: servers = '', TONEGRID_ENV: env = '', TOGETHER: together } = process.env;
  const data = await openData({ url: databaseUrl, poolSize: 16 });
  const options = { data, databaseUrl, nats: { servers }, env, log, registry: new Registry() };
  const handler = together ? { handleAll: noteAllHandled, batch: { most: 32, every: 20 } } : { handle: noteHandled };
  const consumer = new Consumer(options, { durable: 'test', filter: ['>'], ...handler });
  consumer.start();
  process.once('SIGTERM', () => void consumer.stop().then(() => data.close()));
}

void main();
