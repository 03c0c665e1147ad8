import { openProductionProblem } from '@tonegrid/outbound';
import { ConfigError, runService } from '@tonegrid/service';
import { config } from './config';
import { migrations } from './migrations';
import { WebhooksModule } from './webhooks.module';

void runService({
  name: 'webhooks',
  config,
  database: { migrations },
  events: true,
  module: (checked) => {
    const problem = openProductionProblem(checked);
    if (problem) throw new ConfigError([problem]);
    return WebhooksModule;
  },
});
