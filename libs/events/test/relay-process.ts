import { Registry } from 'prom-client';
import { Relay } from '../src';

/** A relay in a process of its own, to be killed. It says when it leads. */
const { DATABASE_URL: databaseUrl = '', NATS_URL: servers = '', TONEGRID_ENV: env = '' } = process.env;
const say = (_: object, message: string) => void process.stdout.write(`${message}\n`);
const relay = new Relay({ databaseUrl, nats: { servers }, env, log: { info: say, warn: say, error: say }, registry: new Registry() });
relay.start();
process.once('SIGTERM', () => void relay.stop());
