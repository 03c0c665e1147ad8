/** A message standard that is known: its namespace, its version, and where its schema lies below the schemas' folder. */
export interface MessageStandard {
  namespace: string;
  /** The ERN version; null for the choreography's messages. */
  ernVersion: string | null;
  schema: string;
}

export const messageStandards: readonly MessageStandard[] = [
  { namespace: 'http://ddex.net/xml/ern/43', ernVersion: '4.3', schema: 'ern/43/release-notification.xsd' },
  { namespace: 'http://ddex.net/xml/ern/432', ernVersion: '4.3.2', schema: 'ern/432/release-notification.xsd' },
  { namespace: 'http://ddex.net/xml/ern/42', ernVersion: '4.2', schema: 'ern/42/release-notification.xsd' },
  { namespace: 'http://ddex.net/xml/ern/383', ernVersion: '3.8.3', schema: 'ern/383/release-notification.xsd' },
  { namespace: 'http://ddex.net/xml/ern/382', ernVersion: '3.8.2', schema: 'ern/382/release-notification.xsd' },
  { namespace: 'http://ddex.net/xml/ern-c-sftp/16', ernVersion: null, schema: 'ern-c-sftp/16/ern-choreography-sftp.xsd' },
];

export const standardOf = (namespace: string): MessageStandard | undefined =>
  messageStandards.find((standard) => standard.namespace === namespace);
