import { runService } from '@tonegrid/service';
import { config } from './config';
import { DdexModule } from './ddex.module';

void runService({ name: 'ddex', config, peers: ['catalog', 'delivery'], module: () => DdexModule });
