/** How a DSP names a release. */
export interface NamesAtDsp {
  dspReleaseId: string | null;
  liveUrl: string | null;
}

interface Templates {
  live_url: string | null;
  dsp_release_id: string | null;
}

const fill = (template: string | null, id: string) => template?.replaceAll('{id}', id) ?? null;

/** The DSP's own id within its full name of a release (`spotify:album:7v0Y` → `7v0Y`); the text itself when it is bare. */
function bareId(template: string | null, text: string): string {
  const [before = '', after = ''] = (template ?? '{id}').split('{id}');
  const isFull = text.length > before.length + after.length && text.startsWith(before) && text.endsWith(after);
  return isFull ? text.slice(before.length, text.length - after.length) : text;
}

/**
 * The names that an acknowledgement gives, completed by the registry's templates: from an id alone follow its full form and its
 * address. Pure.
 */
export function namesAtDsp(templates: Templates, given: { id?: string | null; liveUrl?: string | null }): NamesAtDsp {
  if (!given.id) return { dspReleaseId: null, liveUrl: given.liveUrl ?? null };
  const id = bareId(templates.dsp_release_id, given.id);
  return {
    dspReleaseId: fill(templates.dsp_release_id, id) ?? given.id,
    liveUrl: given.liveUrl ?? fill(templates.live_url, encodeURIComponent(id)),
  };
}
