import type { CreateReleaseTreeRequest } from '@tonegrid/contracts';
import type { DspRegistry } from '@tonegrid/dsp-registry';
import { invalid } from '@tonegrid/errors';
import { urlProblem, type AddressRules } from '@tonegrid/outbound';
import { ruleMessage } from '@tonegrid/rpc';
import { parseCredits } from '../artists/credits';
import { textOrNull } from '../blank';
import { FieldReport } from '../field-report';
import { parseContributors, parseTrack, usualLanguage } from '../tracks/parse-track';
import { parseRelease, type Draft } from './parse-release';
import { chooseDsps } from './choose-dsps';

interface Context {
  tenantName: string;
  registry: DspRegistry;
  /** The current year, for a copyright year that was left out. */
  year: number;
  /** Where files may be fetched from. */
  addresses: AddressRules;
}

/** Checks a whole release as an inbound channel brings it. Throws `validation.failed` with everything that is wrong in it. */
export function parseTree(
  { draft, ingestionJobUuid, source }: CreateReleaseTreeRequest,
  { tenantName, registry, year, addresses }: Context,
): Draft {
  if (!draft) throw invalid({ draft: [ruleMessage('required', 'draft')] });
  const report = new FieldReport();
  const fields = parseRelease({ ...draft, explicit: draft.explicitContent }, { label: tenantName, year }, report);
  const positions = new Set<number>();
  const tracks = draft.tracks.map((track, n) => {
    const path = `tracks.${n}.`;
    const position = track.trackNumber ?? n + 1;
    if (positions.has(position))
      report.add(`${path}track_number`, `Another track of the release already has the track_number ${position}.`);
    positions.add(position);
    return {
      fields: parseTrack(track, { position, path, language: fields.language ?? usualLanguage }, report),
      credits: parseCredits(track.artists, `${path}artists`, report),
      contributors: parseContributors(track.contributors),
      audioUrl: fileUrl(track.audioUrl, `${path}audio_url`, addresses, report),
    };
  });
  const { dsps, unknown } = chooseDsps(registry, draft.dsps);
  for (const slug of unknown) report.add(`dsps.${draft.dsps.indexOf(slug)}`, `DSP '${slug}' not found or inactive.`);
  const credits = parseCredits(draft.artists, 'artists', report);
  const artworkUrl = fileUrl(draft.artworkUrl, 'artwork_url', addresses, report);
  report.throwIfAny();
  return { fields, credits, tracks, artworkUrl, dsps: dsps.map(({ slug }) => slug), tenantName, source, ingestionJobUuid };
}

/** A URL that a file may be fetched from; null for none. Where a name leads is judged when it is fetched. */
function fileUrl(text: string | undefined, field: string, addresses: AddressRules, report: FieldReport): string | null {
  const url = textOrNull(text);
  const problem = url === null ? undefined : urlProblem(url, addresses);
  if (problem !== undefined) report.add(field, `The ${field} ${problem}.`);
  return url;
}
