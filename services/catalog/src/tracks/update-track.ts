import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, UpdateTrackResponseSchema, type UpdateTrackRequest } from '@tonegrid/contracts';
import { Outbox } from '@tonegrid/events';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, ruleMessage, type Caller } from '@tonegrid/rpc';
import { resolveCredits } from '../artists/artist.store';
import { creditsOf, replaceCredits, sameCredits } from '../artists/credit-rows';
import { parseCredits, type Credit } from '../artists/credits';
import { textOrNull } from '../blank';
import { FieldReport } from '../field-report';
import { isrcOf } from '../identifiers/parse-identifiers';
import { parseLocalizedTitles } from '../localized-titles';
import { assertUnlocked } from '../releases/release';
import { ReleaseChanges } from '../releases/release-changes';
import { changedFields, supplied } from '../supplied';
import { parseContributors } from './parse-track';
import { trackMessage } from './track-messages';
import type { TrackRow } from './track-row';
import { releaseOfTrack, replaceContributors, updateTrack, viewTrack } from './track.store';

/** What identifies the recording at the DSPs: streams are counted by it. */
const locked = ['isrc'];

/** What the owner says of a file that is still to come. */
const announced = ['audio_bit_depth', 'audio_sample_rate', 'audio_channels'] as const;

/** Changes the supplied fields of a track, under the rules of its release. */
@Rpc(CatalogService.method.updateTrack)
@Injectable()
export class UpdateTrack {
  constructor(
    private readonly changes: Changes,
    private readonly releases: ReleaseChanges,
    private readonly outbox: Outbox,
  ) {}

  run(caller: Caller, request: UpdateTrackRequest): Promise<MessageInitShape<typeof UpdateTrackResponseSchema>> {
    const { values, credits } = parseUpdate(request);
    return this.changes.run(caller, UpdateTrackResponseSchema, async (tx) => {
      const release = await this.releases.open(tx, await releaseOfTrack(tx, request.uuid));
      const track = await viewTrack(tx, request.uuid);
      const { contributors, ...columns } = changedFields({ ...track, contributors: track.contributors ?? [] }, values);
      assertStillToCome(track, columns);
      const changed = Object.keys(columns);
      if (credits) {
        const [wanted = []] = await resolveCredits(tx, this.outbox, [credits]);
        if (!sameCredits(wanted, await creditsOf(tx, 'track', track.uuid))) {
          await replaceCredits(tx, 'track', track.uuid, wanted);
          changed.push('artists');
        }
      }
      if (contributors) {
        await replaceContributors(tx, track.uuid, contributors);
        changed.push('contributors');
      }
      assertUnlocked(release, changed, locked);
      if (changed.length > 0) {
        await updateTrack(tx, track.uuid, columns);
        await this.releases.record(tx, release, ['tracks']);
      }
      return { track: trackMessage(await viewTrack(tx, track.uuid)) };
    });
  }
}

/** Throws `validation.failed` when a file that is there is to be announced: what it says of itself holds. */
function assertStillToCome(track: TrackRow, columns: Partial<TrackRow>): void {
  if (track.audio_status !== 'processing' && track.audio_status !== 'processed') return;
  const report = new FieldReport();
  for (const field of announced)
    if (field in columns) report.add(field, `The ${field} is what the uploaded audio says. Upload another file to change it.`);
  report.throwIfAny();
}

/** The supplied fields in the columns of the table. Null clears what may be empty. Throws `validation.failed`. */
function parseUpdate(request: UpdateTrackRequest): { values: Partial<TrackRow>; credits: Credit[] | undefined } {
  const has = supplied(request);
  const report = new FieldReport();
  const required = <T>(field: string, value: T | null | undefined): T => {
    if (value === null || value === undefined) report.add(field, ruleMessage('required', field));
    return value as T;
  };
  const values: Partial<TrackRow> = {
    ...(has('title') && { title: required('title', textOrNull(request.title)) }),
    ...(has('position') && { position: required('position', request.position) }),
    ...(has('explicit') && { explicit: request.explicit ?? false }),
    ...(has('isrc') && { isrc: request.isrc?.trim() ? isrcOf(request.isrc, 'isrc', report)! : required<string>('isrc', null) }),
    ...(has('language') && { language: textOrNull(request.language) }),
    ...(has('version_title') && { version_title: textOrNull(request.versionTitle) }),
    ...(has('contributors') && { contributors: parseContributors(request.contributors) }),
    ...(has('audio_md5') && { expected_audio_md5: textOrNull(request.audioMd5)?.toLowerCase() ?? null }),
    ...(has('audio_bit_depth') && { audio_bit_depth: request.audioBitDepth ?? null }),
    ...(has('audio_sample_rate') && { audio_sample_rate: request.audioSampleRate ?? null }),
    ...(has('audio_channels') && { audio_channels: request.audioChannels ?? null }),
    ...(has('localized_titles') && { localized_titles: parseLocalizedTitles(request.localizedTitles, 'localized_titles', report) }),
  };
  const credits = has('artists') ? parseCredits(request.artists, 'artists', report) : undefined;
  report.throwIfAny();
  return { values, credits };
}
