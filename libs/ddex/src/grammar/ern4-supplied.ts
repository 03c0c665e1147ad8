import type * as model from '../model/notification';
import { isAudioProfile3 } from '../validate/profile-rules';
import { avsVersions } from './avs-versions';
import type { Writing } from './codec';
import type { Ern4Version } from './ern4-parts';

type Framed = Pick<model.ReleaseNotification, 'avsVersionId' | 'language'>;

/** What the outermost element of an ERN 4 message must say, where a message of an older version did not: told as supplied. */
export function framed<T extends Framed>(message: T, version: Ern4Version, texts: readonly model.Scope[], context: Writing): T {
  let whole = message;
  const avs = avsVersions[version];
  if (whole.avsVersionId === undefined && avs !== undefined) {
    context.supply('avsVersionId', `ERN ${version} wants the version of its allowed-value sets: ${avs}`);
    whole = { ...whole, avsVersionId: String(avs) };
  }
  if (whole.language === undefined) {
    const said = texts.find((text) => text.language !== undefined)?.language;
    context.supply(
      'language',
      said === undefined
        ? `ERN ${version} wants a language and the message names none: und, which says so, stands there`
        : `ERN ${version} wants the language of the message: ${said}, that of its title`,
    );
    whole = { ...whole, language: said ?? 'und' };
  }
  return whole;
}

/**
 * A notification with what ERN 4 must be told and ERN 3 leaves open, as far as it follows from the rest: told as supplied. A profile
 * of ERN 3's for audio is told as a loss, since ERN 4 has one for all of them.
 */
export function whole(notification: model.ReleaseNotification, version: Ern4Version, context: Writing): model.ReleaseNotification {
  const { release, recordings } = notification;
  const said = framed(
    notification,
    version,
    [...(release.language === undefined ? [] : [{ language: release.language }]), ...release.titleTexts, ...release.titles],
    context,
  );
  const { profile } = said;
  const isOlder = profile !== undefined && isAudioProfile3(profile);
  if (isOlder) context.lose('profile', `ERN ${version} has one profile for audio: Audio stands in the place of ${profile}`);
  return {
    ...said,
    ...(isOlder ? { profile: 'Audio' } : {}),
    videos: said.videos.map((video, index) => advised(video, `videos[${index}]`, version, context)),
    release: advised(typed(said, version, context), 'release', version, context),
    recordings: recordings.map((recording, index) => credited(recording, release, `recordings[${index}]`, version, context)),
  };
}

function typed({ release, recordings, profile }: model.ReleaseNotification, version: Ern4Version, context: Writing): model.MainRelease {
  if (release.types.length > 0) return release;
  const isSingle = profile !== undefined && /single|album/i.test(profile) ? /single/i.test(profile) : recordings.length === 1;
  const type = isSingle ? 'Single' : 'Album';
  context.supply('release.types', `ERN ${version} wants the type of the release: ${type}, as its profile or its number of tracks says`);
  return { ...release, types: [{ value: type }] };
}

/** A recording with its type and its artists, who are the release's where it names none. */
function credited(
  recording: model.SoundRecording,
  release: model.MainRelease,
  where: string,
  version: Ern4Version,
  context: Writing,
): model.SoundRecording {
  const made = { ...recording };
  if (made.type === undefined) {
    context.supply(`${where}.type`, `ERN ${version} wants the type of a recording: MusicalWorkSoundRecording`);
    made.type = { value: 'MusicalWorkSoundRecording' };
  }
  for (const key of ['artistNames', 'artists'] as const)
    if (made[key].length === 0 && release[key].length > 0) {
      context.supply(`${where}.${key}`, `ERN ${version} wants the artists of a recording: those of the release`);
      Object.assign(made, { [key]: release[key] });
    }
  return advised(made, where, version, context);
}

/** What says nothing of explicit content says that it has no advice; ERN 4.3.2 does not have to be told. */
function advised<T extends { advisories: model.Advisory[] }>(item: T, where: string, version: Ern4Version, context: Writing): T {
  if (item.advisories.length > 0 || version === '4.3.2') return item;
  context.supply(`${where}.advisories`, `ERN ${version} wants a parental warning: NoAdviceAvailable, since there is none`);
  return { ...item, advisories: [{ value: 'NoAdviceAvailable' }] };
}
