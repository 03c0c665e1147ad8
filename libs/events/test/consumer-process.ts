import { openData } from '@tonegrid/data';
import { Registry } from 'prom-client';
import { Consumer } from '../src';
import { log, noteHandled } from './stage';

/** A consumer in a process of its own, to be killed. */
async function main(): Promise<void> {
  const { DATABASE_URL: databaseUrl = '', NATS_URL: servers = '', TONEGRID_ENV: env = '' } = process.env;
  const data = await openData({ url: databaseUrl, poolSize: 16 });
  const options = { data, databaseUrl, nats: { servers }, env, log, registry: new Registry() };
  const consumer = new Consumer(options, { durable: 'test', filter: ['>'], handle: noteHandled });
  consumer.start();
  process.once('SIGTERM', () => void consumer.stop().then(() => data.close()));
}

void main();
