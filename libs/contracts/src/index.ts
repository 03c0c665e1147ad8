/** The contract: everything generated from proto/, and the few words needed to read it. */
export * from './gen/tonegrid/options/v1/options_pb';
export * from './gen/tonegrid/common/v1/common_pb';
export * from './gen/tonegrid/identity/v1/identity_pb';
export * from './gen/tonegrid/catalog/v1/catalog_service_pb';
export * from './gen/tonegrid/catalog/v1/release_pb';
export * from './gen/tonegrid/catalog/v1/release_tree_pb';
export * from './gen/tonegrid/catalog/v1/supply_chain_pb';
export * from './gen/tonegrid/ingestion/v1/ingestion_pb';
export * from './gen/tonegrid/ddex/v1/ddex_pb';
export * from './gen/tonegrid/delivery/v1/delivery_pb';
export * from './gen/tonegrid/webhooks/v1/webhooks_pb';
export * from './gen/tonegrid/events/v1/events_pb';
export { http } from './gen/google/api/annotations_pb';
export type { HttpRule } from './gen/google/api/http_pb';
export { comments } from './gen/tonegrid/comments';
export { words } from './words';
export type { Words } from './words';
export { services, eventMessages, isInternalEvent } from './describe';
