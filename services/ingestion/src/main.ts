import { runService } from '@tonegrid/service';
import { IngestionModule } from './ingestion.module';
import { migrations } from './migrations';

void runService({
  name: 'ingestion',
  config: {},
  database: { migrations },
  events: true,
  peers: ['catalog'],
  module: () => IngestionModule,
});
