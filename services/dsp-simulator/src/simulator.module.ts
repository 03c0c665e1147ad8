import { Module, type BeforeApplicationShutdown, type DynamicModule, type OnApplicationBootstrap } from '@nestjs/common';
import { settingsOf } from './settings';
import { Simulator } from './simulator';

/** Starts the simulator with the application, so that it is ready when both servers listen, and stops it with it. */
class SimulatorLife implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(private readonly simulator: Simulator) {}

  onApplicationBootstrap(): Promise<void> {
    return this.simulator.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.simulator.stop();
  }
}

@Module({})
export class SimulatorModule {
  static with(config: Parameters<typeof settingsOf>[0]): DynamicModule {
    return {
      module: SimulatorModule,
      providers: [{ provide: SimulatorLife, useValue: new SimulatorLife(new Simulator(settingsOf(config))) }],
    };
  }
}
