/** What has happened: told with the change that made it happen (outbox), published in order (relay), handled once (consumer). */
export { audited, auditActionType, auditTexts, type Actor, type AuditActionData, type Audited, type AuditedAction } from './audited';
export { largestEvent, parseCloudEvent, type CloudEvent, type DomainEvent } from './cloud-event';
export { eventTables } from './event-tables';
export { Outbox, type Condition } from './outbox';
export { Relay, type RelayHealth, type RelayOptions } from './relay';
export { StreamProbe } from './stream-probe';
export { ensureStream, streamName, subjectOf, type StreamSettings } from './stream';
export { lead, type LeaderConnection, type LeadershipOptions } from './leadership';
export type { Log } from './log';
export { Consumer, type ConsumerOptions, type HandlesMany, type HandlesOne, type Subscription, type SubscriptionOptions } from './consumer';
export { askForReplay, listDeadLetters, type DeadLetter } from './dead-letters';
export { NotNow, type ReceivedEvent } from './handle-event';
export { activeTraceparent } from './tracing';
export { parseRevocation, revocationSubject, type Revocation, type RevokedKind } from './revocation';
