import { runService } from '@tonegrid/service';
import { config } from './config';
import { DeliveryModule } from './delivery.module';
import { migrations } from './migrations';

void runService({
  name: 'delivery',
  config,
  database: { migrations },
  events: true,
  peers: ['catalog', 'ddex'],
  module: () => DeliveryModule,
});
