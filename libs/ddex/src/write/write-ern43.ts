import type { PurgeNotification, ReleaseNotification } from '../model/notification';
import { dealNodes } from './deal-nodes';
import { headerNode } from './header-nodes';
import { partyNode } from './party-nodes';
import { releaseIdNode, releaseNode, trackReleaseNode } from './release-nodes';
import { imageNode, recordingNode } from './resource-nodes';
import { element, leaf, serialize } from './string-tree';

export const ern43Namespace = 'http://ddex.net/xml/ern/43';

/**
 * The NewReleaseMessage of a notification in ERN 4.3, UTF-8. Deterministic: the same notification gives the same bytes.
 * @throws IllegalXmlText for characters that XML cannot hold; `buildNotification` leaves none.
 */
export function writeNewRelease43(notification: ReleaseNotification): string {
  return serialize(
    element(
      'ern:NewReleaseMessage',
      {
        'xmlns:ern': ern43Namespace,
        AvsVersionId: notification.avsVersionId,
        LanguageAndScriptCode: notification.language,
        ReleaseProfileVersionId: notification.profile,
      },
      [
        headerNode(notification.header),
        element('PartyList', null, notification.parties.map(partyNode)),
        element('ResourceList', null, [...notification.recordings.map(recordingNode), ...notification.images.map(imageNode)]),
        element('ReleaseList', null, [
          releaseNode(notification.release, notification.language),
          ...notification.trackReleases.map(trackReleaseNode),
        ]),
        notification.deals.length > 0 && element('DealList', null, dealNodes(notification.deals)),
      ],
    ),
  );
}

/** The PurgeReleaseMessage in ERN 4.3: the release's identifiers and its title, nothing more. @throws IllegalXmlText */
export function writePurge43(purge: PurgeNotification): string {
  return serialize(
    element(
      'ern:PurgeReleaseMessage',
      { 'xmlns:ern': ern43Namespace, AvsVersionId: purge.avsVersionId, LanguageAndScriptCode: purge.language },
      [
        headerNode(purge.header),
        element('PurgedRelease', null, [releaseIdNode(purge.releaseId), element('Title', null, [leaf('TitleText', purge.title)])]),
      ],
    ),
  );
}
