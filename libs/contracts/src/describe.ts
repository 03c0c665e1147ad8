import { getOption, hasOption, type DescMessage, type DescService } from '@bufbuild/protobuf';
import { CatalogService } from './gen/tonegrid/catalog/v1/catalog_service_pb';
import { DdexService } from './gen/tonegrid/ddex/v1/ddex_pb';
import { DeliveryService } from './gen/tonegrid/delivery/v1/delivery_pb';
import { file_tonegrid_events_v1_events as eventsFile } from './gen/tonegrid/events/v1/events_pb';
import { IdentityService } from './gen/tonegrid/identity/v1/identity_pb';
import { IngestionService } from './gen/tonegrid/ingestion/v1/ingestion_pb';
import { event } from './gen/tonegrid/options/v1/options_pb';
import { WebhooksService } from './gen/tonegrid/webhooks/v1/webhooks_pb';

/** Every gRPC service of the platform by the name of its folder under `services/`. */
export const services = {
  identity: IdentityService,
  catalog: CatalogService,
  ingestion: IngestionService,
  ddex: DdexService,
  delivery: DeliveryService,
  webhooks: WebhooksService,
} satisfies Record<string, DescService>;

/** Every event: its type (`release.dsp.{dsp}.live`), the message that describes its data, and whether it is for our own services alone. */
export const eventMessages: readonly { type: string; message: DescMessage; internal: boolean }[] = eventsFile.messages
  .filter((message) => hasOption(message, event))
  .map((message) => ({ type: getOption(message, event).type, internal: getOption(message, event).internal, message }));

/** Whether an event of that type is for the platform's own services alone: no webhook may tell of it. */
export const isInternalEvent = (type: string): boolean => internalTypes.has(type);

const internalTypes = new Set(eventMessages.filter(({ internal }) => internal).map(({ type }) => type));
