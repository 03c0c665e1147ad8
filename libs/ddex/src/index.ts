/**
 * # @tonegrid/ddex
 *
 * DDEX as a pure library: no network, no database, no framework. It turns a release into the message that tells a DSP of it,
 * judges messages, and speaks the choreography in which messages travel.
 *
 * ```ts
 * import { buildNotification, createValidator, findSchemasDir, readMessage, writeNewRelease } from '@tonegrid/ddex';
 *
 * const { notification, files, warnings } = buildNotification(releaseForDsp); // plain data in, typed model out
 * const { xml, losses } = writeNewRelease(notification, '4.3');               // the same input gives the same bytes
 * const message = readMessage(xml);                                           // and back: message.notification, message.unmapped
 *
 * const validator = createValidator({ schemasDir: findSchemasDir(process.env, __dirname), workers: 2 });
 * const report = await validator.validate(xml);                        // parse, schema, references, profile
 * await validator.close();
 * ```
 *
 * - **identifiers** `parseUpc`, `parseIsrc`, `parseIsni`, `parseIpi`, `parseIswc`, `parseGrid`, `parseDpid` give
 *   `{ ok: true, value, warnings? }` or `{ ok: false, reason }`; `mintUpc`, `mintIsrc`, `mintGrid` make new ones.
 * - **model** `ReleaseForDsp` is what goes in: one release as it stands for one DSP. `ReleaseNotification` is what a message
 *   says, free of any ERN version. `files` lists the files that travel along, and where each comes from.
 * - **write** `writeNewRelease`, `writePurge` in ERN 3.8.2, 4.2, 4.3 or 4.3.2; what a version cannot express is in `losses`.
 * - **read** `readMessage` of the same versions; what the model has no place for is in `unmapped`, with its XPath, and a message
 *   that the catalogue cannot hold is refused with the reason.
 * - **diff** `diffNotifications` says in words and as data what one message changes against another.
 * - **validate** `createValidator` judges in worker threads, with line, column and XPath of every finding. DDEX's schemas are not
 *   part of this package (they are DDEX's, under its licence): `findSchemasDir` says where they are looked for. Without them the
 *   schema stage is skipped and says so; the other stages still judge.
 * - **choreography** folder and file names, `writeManifest`, `writeAcknowledgement`, `readManifest`, `readAcknowledgement`.
 * - **inspect** `sniff`, `inspectMessage`, `listFiles`, `isTakedown` for whoever receives messages.
 *
 * Whatever reads XML here refuses a DOCTYPE and every entity that is not XML's own, and is bounded in size and depth.
 */
export type { Outcome } from './identifiers/outcome';
export { gtinCheckDigit, isniCheckCharacter, iswcCheckDigit, mod3736CheckCharacter } from './identifiers/check-digits';
export { mintGrid, mintUpc, parseGrid, parseUpc } from './identifiers/products';
export { mintIsrc, parseIsrc, parseIswc } from './identifiers/recordings';
export { parseDpid, parseIpi, parseIsni } from './identifiers/parties';

export * from './model/input';
export type * from './model/notification';
export { buildNotification, buildPurge, type Built } from './model/build-notification';
export { isHiRes, kilobytes } from './model/build-recording';
export { amountOf } from './model/build-deals';
export { messageFileName, messageIdFrom, purgeFileName, purgeMessageIdFrom, threadIdFor } from './model/naming';
export { instrumentTargets, knownContributorRoles, namespace, roleFor, roleTargets, type RoleTarget } from './model/roles';
export { cleanText, displayTitle, languageCode } from './model/texts';

export { IllegalXmlText, serialize } from './write/string-tree';
export { ernNamespaces, ernVersions, type ErnVersion } from './grammar/versions';
export type { Loss } from './grammar/codec';
export {
  ern43Namespace,
  writeNewRelease,
  lossesInWords,
  writeNewRelease43,
  writePurge,
  writePurge43,
  type Written,
} from './write/write-message';

export { readMessage, type ReadMessage, type ReadPurge, type ReadRefused, type ReadRelease, type Unmapped } from './read/read-message';
export { scanXml, XmlAttribute, XmlElement, XmlRefused, type ScanLimits } from './read/scan-xml';

export { diffNotifications, type Change } from './diff/diff-notifications';

export { createValidator, type Validator, type ValidatorOptions } from './validate/validator';
export { openInlineValidator } from './validate/inline-validator';
export { findSchemasDir } from './validate/find-schemas';
export type { ProfileRule } from './validate/profile-rule';
export { profileRules } from './validate/profile-rules';
export type { DspRule, DspRules, DspTarget, ImageFormat } from './validate/dsp-rule';
export { dspRules } from './validate/dsp-rules';
export { acceptanceScore, type AcceptanceScore, type ScoreLoss } from './validate/score';
export { maxFindings, type Finding, type Report, type Stage } from './validate/report';
export { messageStandards, type MessageStandard } from './validate/message-kinds';

export {
  acknowledgementFileName,
  batchFolder,
  folderTime,
  manifestFileName,
  parseAcknowledgementFileName,
  parseManifestFileName,
  parseReleaseFolder,
  releaseFolder,
  type Priority,
} from './choreography/names';
export {
  readManifest,
  writeManifest,
  type DeliveryType,
  type Manifest,
  type ManifestEntry,
  type ManifestRead,
} from './choreography/manifest';
export {
  fileStatuses,
  readAcknowledgement,
  supplyChainStatuses,
  writeAcknowledgement,
  type Acknowledgement,
  type AcknowledgementRead,
  type FileStatus,
  type ProposedAction,
  type SupplyChainStatus,
  type Verdict,
} from './choreography/acknowledgement';

export {
  inspectMessage,
  isTakedown,
  listFiles,
  sniff,
  type DealSummary,
  type IdentifiedRelease,
  type Inspected,
  type InspectedMessage,
  type ListedFile,
  type Sniffed,
} from './inspect/inspect-message';
