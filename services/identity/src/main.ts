import { runService } from '@tonegrid/service';
import { config } from './config';
import { IdentityModule } from './identity.module';
import { migrations } from './migrations';

void runService({ name: 'identity', config, database: { migrations }, events: true, module: () => IdentityModule });
