import { trace } from '@opentelemetry/api';
import pino, { type DestinationStream } from 'pino';
import { callContext } from './call-context';
import { loggable, scrubbed } from './redact';

/** The process's own logger or one like it. Not `child`: pino would write its bindings as they are. */
export type Logger = Pick<pino.Logger, (typeof logLevels)[number] | 'isLevelEnabled' | 'level'>;

/** How much is logged, from nearly nothing to everything. */
export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/**
 * A JSON logger: one object a line with time, level, service, and inside a call request_id, tenant, trace_id and span_id. What looks
 * like a secret, by its name or its form, is replaced; of errors only what they say is kept.
 */
export const createLogger = (service: string | undefined, level = 'info', destination?: DestinationStream): Logger =>
  create(service, level, destination);

const create = (service: string | undefined, level: string, destination?: DestinationStream): pino.Logger =>
  pino(
    {
      level,
      base: service === undefined ? {} : { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: (fields) => loggable(fields) },
      // Errors have been made plain by `loggable`.
      serializers: { err: (plain: unknown) => plain },
      hooks: { streamWrite: scrubbed },
      mixin() {
        const call = callContext();
        const span = trace.getActiveSpan()?.spanContext();
        return {
          ...(call && { request_id: call.requestId, tenant: call.tenant }),
          ...(span && { trace_id: span.traceId, span_id: span.spanId }),
        };
      },
    },
    destination ?? pino.destination({ sync: true }),
  );

const wanted = process.env['LOG_LEVEL'] as (typeof logLevels)[number];

/** The process's logger; `nameLogger` says whose it is. A wrong LOG_LEVEL is refused with the rest of the configuration, not here. */
export const logger: Logger = create(undefined, logLevels.includes(wanted) ? wanted : 'info');

/** Names the process's logger: every line from now on says `service`. */
export function nameLogger(service: string): void {
  (logger as pino.Logger).setBindings({ service });
}
