import { Injectable } from '@nestjs/common';
import { eventMessages } from '@tonegrid/contracts';
import { DspRegistry } from '@tonegrid/dsp-registry';
import { Refused } from '@tonegrid/errors';
import { canonicalPattern, matches, takesAny } from './patterns';

/**
 * Events that the reference lets integrators subscribe to and that other areas of the platform tell (REST surface, section 5). Named
 * here so that a subscription made today hears them from the day they are told; those in the contract already count once.
 */
const documented = [
  'release.transferred',
  'transfer.created',
  'transfer.accepted',
  'transfer.declined',
  'transfer.expired',
  'royalty_statement.ready',
  'payout.sent',
  'payout.succeeded',
  'payout.failed',
];

/** The wildcard patterns of the reference, with its words. */
export const wildcards: Record<string, string> = {
  '*': 'Subscribe to every event.',
  'release.dsp.*.live': 'Every DSP go-live event.',
  'release.dsp.spotify.*': 'Every Spotify lifecycle event.',
  'ingestion.*': 'Every inbound ingestion event.',
};

/** What can be subscribed to in this deployment: the contract's events, those of a DSP once for each DSP of the registry. */
@Injectable()
export class EventTypes {
  readonly all: readonly string[];

  constructor(registry: DspRegistry) {
    const types = eventMessages
      .filter(({ internal }) => !internal)
      .flatMap(({ type }) => (type.includes('{dsp}') ? registry.all.map(({ slug }) => type.replace('{dsp}', slug)) : [type]));
    this.all = [...new Set([...types, ...documented])];
  }

  /**
   * The patterns in canonical spelling, each once. Throws `webhook.unknown_events` for those that take no event, with the text of the
   * reference for each under `events`.
   */
  check(patterns: readonly string[]): string[] {
    const unknown = patterns.filter((pattern) => !takesAny(canonicalPattern(pattern), this.all));
    if (unknown.length > 0) {
      throw new Refused('webhook.unknown_events', {
        params: { patterns: unknown.join(', ') },
        fields: { events: unknown.map((pattern) => `Unknown event pattern: ${pattern}`) },
      });
    }
    return [...new Set(patterns.map(canonicalPattern))];
  }
}

const described = eventMessages.map(({ type, message }) => ({
  pattern: type.replace(/\{\w+\}/g, '*'),
  optional: message.fields.filter(({ presence }) => presence === 1).map(({ name }) => name),
}));

/** The data of an event with every documented field: what is not known is null (REST surface, section 1). */
export function completeData(type: string, data: unknown): unknown {
  const message = described.find(({ pattern }) => matches(pattern, type));
  if (!message || typeof data !== 'object' || data === null || Array.isArray(data)) return data;
  return { ...Object.fromEntries(message.optional.filter((name) => !(name in data)).map((name) => [name, null])), ...data };
}
