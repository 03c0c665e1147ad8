import type { CreateReleaseTreeRequest } from '@tonegrid/contracts';
import type { DspRegistry } from '@tonegrid/dsp-registry';
import { invalid } from '@tonegrid/errors';
import { ruleMessage } from '@tonegrid/rpc';
import { parseCredits } from '../artists/credits';
import { FieldReport } from '../field-report';
import { parseContributors, parseTrack, usualLanguage } from '../tracks/parse-track';
import { parseRelease, type Draft } from './parse-release';
import { chooseDsps } from './choose-dsps';

interface Context {
  tenantName: string;
  registry: DspRegistry;
  /** The current year, for a copyright year that was left out. */
  year: number;
}

/** Checks a whole release as an inbound channel brings it. Throws `validation.failed` with everything that is wrong in it. */
export function parseTree({ draft, ingestionJobUuid, source }: CreateReleaseTreeRequest, { tenantName, registry, year }: Context): Draft {
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
    };
  });
  const { dsps, unknown } = chooseDsps(registry, draft.dsps);
  for (const slug of unknown) report.add(`dsps.${draft.dsps.indexOf(slug)}`, `DSP '${slug}' not found or inactive.`);
  const credits = parseCredits(draft.artists, 'artists', report);
  report.throwIfAny();
  return { fields, credits, tracks, dsps: dsps.map(({ slug }) => slug), tenantName, source, ingestionJobUuid };
}
