export { loadRegistry, RegistryInvalid, type RegistryProblem } from './load-registry';
export { DspRegistry, type SftpCredentials } from './registry';
export {
  deliveryMethods,
  ernVersions,
  type AcceptanceRules,
  type Acknowledgement,
  type DeliveryMethod,
  type Dsp,
  type ErnVersion,
  type RestEndpoint,
  type SftpEndpoint,
} from './dsp';
export { canonicalSlug, hyphenSlug, underscoreSlug } from './spell-slugs';
export { dspEventType, dspEventTypes, dspStages, type DspStage } from './event-types';
export { distributionRow, supplyChainNote, supplyChainRow } from './rows';
export { dpidCheckCharacter, dpidProblem } from './dpid';
export { isTerritoryCode, territories, territoryName, worldwide, type Territory } from './territories';
export { sandboxHostKey, type HostKey } from './sandbox-host-key';
