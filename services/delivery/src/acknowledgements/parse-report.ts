import { Refused, invalid, type FieldErrors } from '@tonegrid/errors';
import { reports, type Report } from '../deliveries/status';

/** What a DSP calls to say. */
export interface DspReport {
  messageId: string;
  status: Report;
  dspReleaseId: string | null;
  liveUrl: string | null;
  reason: string | null;
  eventId: string | null;
}

const texts: Record<string, number> = { event_id: 200, message_id: 120, dsp_release_id: 255, live_url: 2000, reason: 2000 };

/**
 * Reads the body of `POST /dsp/:slug/acknowledgements`. Pure. Refuses with `request.malformed` what is no JSON object, and with
 * `validation.failed` missing, wrong and unknown fields.
 */
export function parseReport(body: Uint8Array): DspReport {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new Refused('request.malformed');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Refused('request.malformed');
  const fields = value as Record<string, unknown>;
  const errors: FieldErrors = {};
  const text = (name: string): string | null => {
    const given = fields[name];
    if (given === undefined || given === null || given === '') return null;
    if (typeof given !== 'string') errors[name] = [`The ${spoken(name)} must be a string.`];
    else if ([...given].length > texts[name]!) errors[name] = [`The ${spoken(name)} may not be greater than ${texts[name]} characters.`];
    else return given;
    return null;
  };
  for (const name of Object.keys(fields)) {
    if (name !== 'status' && !Object.hasOwn(texts, name)) errors[name] = [`The field ${name} is not known.`];
  }
  const report = {
    eventId: text('event_id'),
    messageId: text('message_id') ?? '',
    dspReleaseId: text('dsp_release_id'),
    liveUrl: text('live_url'),
    reason: text('reason'),
    status: fields['status'] as Report,
  };
  if (report.messageId === '' && !errors['message_id']) errors['message_id'] = ['The message id field is required.'];
  if (!reports.includes(report.status)) errors['status'] = [`The status must be one of: ${reports.join(', ')}.`];
  if (report.liveUrl !== null && !/^https?:$/.test(URL.canParse(report.liveUrl) ? new URL(report.liveUrl).protocol : ''))
    errors['live_url'] = ['The live url must be an http or https URL.'];
  if (Object.keys(errors).length > 0) throw invalid(errors);
  return report;
}

const spoken = (name: string): string => name.replaceAll('_', ' ');
