/** Requests to addresses that strangers choose: which may be asked, and how nothing of ours is reached by them. */
export { addressRules, addressVariables, openProductionProblem, type AddressConfig } from './address-config';
export { DownloadFailed, Downloads, type Patience } from './download';
export { failureSentence, plainText } from './failures';
export { AddressRefused, guardedConnector } from './guarded-connector';
export { dnsNames, HOST_NAMES, isNameServer, NameUnresolved, type ResolveName } from './host-names';
export { retryAfterSeconds } from './retry-after';
export { targetProblem, urlProblem, type AddressRules } from './target';
