import { runService } from '@tonegrid/service';
import { variables } from './settings';
import { SimulatorModule } from './simulator.module';

void runService({ name: 'dsp-simulator', config: variables, rpc: false, module: (config) => SimulatorModule.with(config) });
