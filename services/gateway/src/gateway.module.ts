import {
  Inject,
  Injectable,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { services } from '@tonegrid/contracts';
import type { RpcClient } from '@tonegrid/rpc';
import type { DescService } from '@bufbuild/protobuf';
import { clientOf, CONFIG } from '@tonegrid/service';
import { Gateway } from './gateway';
import type { Backends } from './http/serve-contract';
import type { Settings } from './settings';

const BACKENDS = Symbol('gateway.backends');

/** The gateway in the life of its process. */
@Injectable()
export class GatewayServer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly gateway: Gateway;

  constructor(@Inject(CONFIG) settings: Settings, @Inject(BACKENDS) backends: Backends) {
    this.gateway = new Gateway(settings, backends);
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.gateway.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.gateway.stop();
  }
}

@Module({})
export class GatewayModule {
  static create(): DynamicModule {
    const names = Object.keys(services) as (keyof typeof services)[];
    return {
      module: GatewayModule,
      providers: [
        GatewayServer,
        {
          provide: BACKENDS,
          inject: names.map((name) => clientOf(services[name])),
          useFactory: (...clients: RpcClient<DescService>[]): Backends =>
            Object.fromEntries(names.map((name, index) => [name, { service: services[name], client: clients[index]! }])),
        },
      ],
    };
  }
}
