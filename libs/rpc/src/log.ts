import { trace } from '@opentelemetry/api';
import pino, { type DestinationStream, type Logger } from 'pino';
import { callContext } from './call-context';

export type { Logger };

/** Names under which a secret could reach a log line; their values are replaced. */
const secretNames = [
  'authorization',
  'cookie',
  'password',
  'secret',
  'client_secret',
  'api_key',
  'apiKey',
  'key',
  'token',
  'access_token',
  'refresh_token',
  'privateKey',
  'idempotency-key',
];
const redact = { paths: secretNames.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`]), censor: '[redacted]' };

/**
 * A JSON logger: one object a line with time, level, service, request_id, tenant and trace_id; fields with the names of
 * secrets are redacted.
 */
export const createLogger = (service: string | undefined, level = 'info', destination?: DestinationStream): Logger =>
  pino(
    {
      level,
      base: service === undefined ? undefined : { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact,
      mixin() {
        const call = callContext();
        const span = trace.getActiveSpan()?.spanContext();
        return { ...(call && { request_id: call.requestId, tenant: call.tenant }), ...(span && { trace_id: span.traceId }) };
      },
    },
    destination ?? pino.destination({ sync: true }),
  );

/** The process's logger; `nameLogger` says whose it is. */
export const logger: Logger = createLogger(undefined, process.env['LOG_LEVEL'] ?? 'info');

/** Names the process's logger: every line from now on says `service`, and lines below the level are left out. */
export function nameLogger(service: string, level: string): void {
  logger.setBindings({ service });
  logger.level = level;
}
