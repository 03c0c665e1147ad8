import { runService } from '@tonegrid/service';
import { config, refuseOpenProduction } from './config';
import { migrations } from './migrations';
import { WebhooksModule } from './webhooks.module';

void runService({
  name: 'webhooks',
  config,
  database: { migrations },
  events: true,
  module: (checked) => {
    refuseOpenProduction(checked);
    return WebhooksModule;
  },
});
