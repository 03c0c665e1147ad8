import type { AnimatedArtworkInput, ReleaseForDsp } from './input';
import type { CodedValue, DisplayArtist, LocalText, NotifiedFile, Video } from './notification';
import { namespace } from './roles';
import { deliveredFile } from './build-recording';
import { cleanText, languageCode } from './texts';

const own = (value: string): CodedValue => ({ value: 'UserDefined', userDefined: { namespace, value } });
const containers: Record<AnimatedArtworkInput['format'], CodedValue> = {
  mp4: { value: 'MP4' },
  mov: { value: 'QuickTime' },
  webm: own('WebM'),
  gif: own('GIF'),
};
const codecs: Record<NonNullable<AnimatedArtworkInput['codec']>, CodedValue> = {
  h264: { value: 'AVC' },
  hevc: { value: 'HEVC' },
  prores: { value: 'ProRes-422' },
  vp9: own('VP9'),
  gif: own('GIF'),
};
const usualCodecs = { mp4: 'h264', mov: 'h264', webm: 'vp9', gif: 'gif' } as const;

/**
 * The moving covers that a DSP takes, as video resources of the type FrontCoverVideo; which of its kinds one is shows in its
 * id. What the DSP does not take is left out, and told.
 */
export function buildMovingCovers(
  input: ReleaseForDsp,
  stem: string,
  files: NotifiedFile[],
  artistNames: LocalText[],
  artists: DisplayArtist[],
  warn: (warning: string) => void,
): Video[] {
  const { release, dsp, message } = input;
  const taken = dsp.animatedArtwork ?? [];
  const covers = [...(input.animatedArtwork ?? [])].sort((a, b) => (a.kind < b.kind ? -1 : 1));
  for (const cover of covers) if (!taken.includes(cover.kind)) warn(`${dsp.name} takes no ${cover.kind}: it is left out`);
  const language = languageCode(release.language ?? 'en') ?? 'en';
  const title = cleanText(release.title).text || 'Untitled';
  return covers
    .filter((cover) => taken.includes(cover.kind))
    .map((cover, index) => {
      const reference = `A_MOTION_${index + 1}`;
      const uri = `resources/${stem}_${cover.kind}.${cover.format}`;
      files.push({
        reference,
        kind: 'video',
        uri,
        source: cover.source,
        ...(cover.md5 ? { md5: cover.md5.toLowerCase() } : {}),
        ...(cover.sizeBytes ? { sizeBytes: cover.sizeBytes } : {}),
      });
      const seconds = Math.max(1, Math.round((cover.durationMs ?? 0) / 100) / 10);
      return {
        reference,
        type: { value: 'FrontCoverVideo' },
        ids: [{ proprietaryIds: [{ namespace, value: `${release.id}-${cover.kind}` }] }],
        titleTexts: [{ text: title, language }],
        titles: [{ text: title, language }],
        artistNames,
        artists,
        durationSeconds: seconds,
        advisories: [{ value: 'NotExplicit' }],
        technical: [
          {
            reference: `T_MOTION_${index + 1}`,
            container: containers[cover.format],
            codec: codecs[cover.codec ?? usualCodecs[cover.format]],
            ...(cover.height ? { heightPixels: cover.height } : {}),
            ...(cover.width ? { widthPixels: cover.width } : {}),
            durationSeconds: seconds,
            file: deliveredFile(uri, cover),
            isProvided: message.includesFiles ?? true,
          },
        ],
      };
    });
}
