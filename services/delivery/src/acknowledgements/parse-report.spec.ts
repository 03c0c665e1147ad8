import type { Refused } from '@tonegrid/errors';
import { parseReport } from './parse-report';

const refusal = (body: string | Uint8Array): Refused => {
  try {
    parseReport(Buffer.from(body as string));
  } catch (error) {
    return error as Refused;
  }
  throw new Error('it was not refused');
};

describe('a DSP’s report', () => {
  it('names message and status, and may name the release', () => {
    const body = { event_id: 'e1', message_id: 'TG-1', status: 'live', dsp_release_id: 'x', live_url: 'https://x.example/1', reason: null };
    expect(parseReport(Buffer.from(JSON.stringify(body)))).toEqual({
      eventId: 'e1',
      messageId: 'TG-1',
      status: 'live',
      dspReleaseId: 'x',
      liveUrl: 'https://x.example/1',
      reason: null,
    });
  });

  it('is malformed when it is no JSON object in UTF-8', () => {
    for (const body of ['', '{', '[]', 'null', '"x"']) expect(refusal(body).code).toBe('request.malformed');
    expect(refusal(Buffer.from([0x7b, 0xff, 0x7d])).code).toBe('request.malformed');
  });

  it('is refused field by field', () => {
    const { code, fields } = refusal(JSON.stringify({ status: 'gone', live_url: 'javascript:alert(1)', reason: 5, isrc: 'x' }));
    expect(code).toBe('validation.failed');
    expect(Object.keys(fields!).sort()).toEqual(['isrc', 'live_url', 'message_id', 'reason', 'status']);
  });

  it('is refused when a text is too long', () => {
    expect(refusal(JSON.stringify({ message_id: 'x'.repeat(121), status: 'live' })).fields).toHaveProperty('message_id');
  });
});
