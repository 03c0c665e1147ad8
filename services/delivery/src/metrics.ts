import { metrics } from '@tonegrid/rpc';
import { Counter, Histogram } from 'prom-client';

const registers = [metrics.registry];

/** Stages that deliveries have reached, as told in events. */
export const deliveriesTotal = new Counter({
  name: 'deliveries_total',
  help: 'Stages that releases have reached at a DSP',
  labelNames: ['dsp', 'stage'] as const,
  registers,
});

/** Attempts to bring a message to a DSP. */
export const attemptsTotal = new Counter({
  name: 'delivery_attempts_total',
  help: 'Attempts to bring a message to a DSP, by outcome: sent, retry, failed, abandoned (its lease was lost)',
  labelNames: ['dsp', 'outcome'] as const,
  registers,
});

export const uploadSeconds = new Histogram({
  name: 'delivery_upload_seconds',
  help: 'Seconds that a whole delivery took to upload',
  labelNames: ['dsp'] as const,
  buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800],
  registers,
});

export const uploadBytes = new Counter({
  name: 'delivery_upload_bytes_total',
  help: 'Bytes of messages and resources sent to a DSP',
  labelNames: ['dsp'] as const,
  registers,
});

/** Acknowledgements by what came of them. */
export const acknowledgementsTotal = new Counter({
  name: 'acknowledgements_total',
  help: 'Acknowledgements by channel (folder, callback) and outcome: accepted, rejected, live, taken_down, in_progress, repeated, unreadable, unmatched, refused',
  labelNames: ['dsp', 'channel', 'outcome'] as const,
  registers,
});
