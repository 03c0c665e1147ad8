import { openProductionProblem } from '@tonegrid/outbound';
import { ConfigError, runService } from '@tonegrid/service';
import { CatalogModule } from './catalog.module';
import { config } from './config';
import { migrations } from './migrations';

void runService({
  name: 'catalog',
  config,
  database: { migrations },
  events: true,
  module: (checked) => {
    const problem = openProductionProblem(checked);
    if (problem) throw new ConfigError([problem]);
    return CatalogModule;
  },
});
