import type { PurgeNotification, ReleaseNotification } from '../model/notification';
import { view, type Codec } from './codec';
import { ern4 } from './ern4';
import { lower } from './ern382-lower';
import { raise } from './ern382-raise';
import { message382, purge382, type Purge382 } from './ern382-shapes';

/** The versions of ERN that are written and read. */
export const ernVersions = ['3.8.2', '4.2', '4.3', '4.3.2'] as const;
export type ErnVersion = (typeof ernVersions)[number];

export const ernNamespaces: Readonly<Record<ErnVersion, string>> = {
  '3.8.2': 'http://ddex.net/xml/ern/382',
  '4.2': 'http://ddex.net/xml/ern/42',
  '4.3': 'http://ddex.net/xml/ern/43',
  '4.3.2': 'http://ddex.net/xml/ern/432',
};

export interface Grammar {
  release: Codec<ReleaseNotification>;
  purge: Codec<PurgeNotification>;
}

const ern382 = (): Grammar => ({
  release: view(message382, lower, raise),
  purge: view(
    purge382,
    ({ avsVersionId, releaseId, titles, ...rest }, context) => {
      if (avsVersionId !== undefined) context.lose('avsVersionId');
      return { ...rest, purged: { ...(releaseId ? { releaseId } : {}), titles } };
    },
    ({ purged, ...rest }, element, context) => {
      const { releaseId, titles }: Purge382['purged'] = purged ?? { titles: [] };
      if (releaseId?.isrc === undefined) return { ...rest, ...(releaseId ? { releaseId } : {}), titles };
      const { isrc: _, ...ids } = releaseId;
      context.drop(
        element.children.find((child) => child.name === 'PurgedRelease')!,
        'names a recording by its ISRC',
      );
      return { ...rest, releaseId: ids, titles };
    },
  ),
});

const made = new Map<ErnVersion, Grammar>();

/** The tables of a version, made when they are first asked for. */
export function grammarOf(version: ErnVersion): Grammar {
  let grammar = made.get(version);
  if (!grammar) made.set(version, (grammar = version === '3.8.2' ? ern382() : ern4(version)));
  return grammar;
}
