import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, UpdateReleaseResponseSchema, type UpdateReleaseRequest } from '@tonegrid/contracts';
import { Outbox } from '@tonegrid/events';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, ruleMessage, type Caller } from '@tonegrid/rpc';
import { resolveCredits } from '../artists/artist.store';
import { creditsOf, replaceCredits, sameCredits } from '../artists/credit-rows';
import { parseCredits, type Credit } from '../artists/credits';
import { textOrNull } from '../blank';
import { FieldReport } from '../field-report';
import { upcOf } from '../identifiers/parse-identifiers';
import { parseLocalizedTitles } from '../localized-titles';
import { changedFields, supplied } from '../supplied';
import { typeWord } from './parse-release';
import { assertUnlocked } from './release';
import { ReleaseChanges } from './release-changes';
import { ReleaseMessages } from './release-messages';
import type { ReleaseRow } from './release-row';
import { updateRelease, viewRelease } from './release.store';

/** What identifies the product at the DSPs and cannot be corrected there. */
const locked = ['upc', 'type'];

/** Changes the supplied fields of a release. Fields supplied as they already are change nothing and are never refused. */
@Rpc(CatalogService.method.updateRelease)
@Injectable()
export class UpdateRelease {
  constructor(
    private readonly changes: Changes,
    private readonly releases: ReleaseChanges,
    private readonly outbox: Outbox,
    private readonly messages: ReleaseMessages,
  ) {}

  run(caller: Caller, request: UpdateReleaseRequest): Promise<MessageInitShape<typeof UpdateReleaseResponseSchema>> {
    const { values, credits } = parseUpdate(request);
    return this.changes.run(caller, UpdateReleaseResponseSchema, async (tx) => {
      const release = await this.releases.open(tx, request.uuid);
      // A date may be open while the release is with its owner; after that the gates have been passed with it.
      if (values.release_date === null && release.status !== 'draft' && release.status !== 'rejected') {
        const report = new FieldReport();
        report.add('release_date', ruleMessage('required', 'release_date'));
        report.throwIfAny();
      }
      const differing = changedFields(release, values);
      const changed = Object.keys(differing);
      if (credits) {
        const [wanted = []] = await resolveCredits(tx, this.outbox, [credits]);
        if (!sameCredits(wanted, await creditsOf(tx, 'release', release.uuid))) {
          await replaceCredits(tx, 'release', release.uuid, wanted);
          changed.push('artists');
        }
      }
      assertUnlocked(release, changed, locked);
      await updateRelease(tx, release.uuid, differing);
      await this.releases.record(tx, { ...release, ...differing }, changed);
      return { release: this.messages.release(await viewRelease(tx, release.uuid)) };
    });
  }
}

/** The supplied fields in the columns of the table. Null clears what may be empty. Throws `validation.failed`. */
function parseUpdate(request: UpdateReleaseRequest): { values: Partial<ReleaseRow>; credits: Credit[] | undefined } {
  const has = supplied(request);
  const report = new FieldReport();
  const required = <T>(field: string, value: T | null | undefined): T => {
    if (value === null || value === undefined) report.add(field, ruleMessage('required', field));
    return value as T;
  };
  const values: Partial<ReleaseRow> = {
    ...(has('title') && { title: required('title', textOrNull(request.title)) }),
    ...(has('type') && { type: required('type', typeWord(request.type)) }),
    ...(has('upc') && { upc: request.upc?.trim() ? upcOf(request.upc, 'upc', report)! : required<string>('upc', null) }),
    ...(has('release_date') && { release_date: textOrNull(request.releaseDate) }),
    ...(has('original_release_date') && { original_release_date: textOrNull(request.originalReleaseDate) }),
    ...(has('genre') && { genre: required('genre', textOrNull(request.genre)) }),
    ...(has('subgenre') && { subgenre: textOrNull(request.subgenre) }),
    ...(has('label') && { label: textOrNull(request.label) }),
    ...(has('copyright_year') && { copyright_year: request.copyrightYear ?? null }),
    ...(has('copyright_holder') && { copyright_holder: textOrNull(request.copyrightHolder) }),
    ...(has('version_title') && { version_title: textOrNull(request.versionTitle) }),
    ...(has('language') && { language: textOrNull(request.language) }),
    ...(has('explicit') && { explicit: request.explicit ?? false }),
    ...(has('localized_titles') && { localized_titles: parseLocalizedTitles(request.localizedTitles, 'localized_titles', report) }),
  };
  const credits = has('artists') ? parseCredits(request.artists, 'artists', report) : undefined;
  report.throwIfAny();
  return { values, credits };
}
