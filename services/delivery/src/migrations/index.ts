import { Delivery1764000000000 } from './1764000000000-delivery';
import { DeliveryVersion1764600000000 } from './1764600000000-delivery-version';

/** In the order in which they run. */
export const migrations = [Delivery1764000000000, DeliveryVersion1764600000000];
