import { services } from '@tonegrid/contracts';
import { runService } from '@tonegrid/service';
import { GatewayModule } from './gateway.module';
import { settingsShape } from './settings';

void runService({
  name: 'gateway',
  config: settingsShape,
  rpc: false,
  peers: Object.keys(services) as (keyof typeof services)[],
  needs: ['identity'],
  module: () => GatewayModule.create(),
});
