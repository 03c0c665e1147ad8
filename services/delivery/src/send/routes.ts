import { Inject, Injectable } from '@nestjs/common';
import { DspRegistry, type Dsp } from '@tonegrid/dsp-registry';
import { CONFIG } from '@tonegrid/service';
import type { DeliveryConfig } from '../config';
import { Hopeless } from './failures';
import type { Route } from './plan-upload';
import type { RestRoute } from './upload-rest';

/** What the registry says about the way to a DSP; that of its partner, where one carries for it. The recipient is always the DSP. */
@Injectable()
export class Routes {
  constructor(
    @Inject(CONFIG) private readonly config: DeliveryConfig,
    private readonly registry: DspRegistry,
  ) {}

  /** The DSP of a message. Hopeless when it has left the registry. */
  dsp(slug: string): Dsp {
    const dsp = this.registry.get(slug);
    if (!dsp) throw new Hopeless(`DSP '${slug}' is no longer in the registry.`);
    return dsp;
  }

  sftp(dsp: Dsp, uploadFolder: string): Route {
    return {
      choreography: dsp.choreography,
      priority: dsp.priority,
      uploadFolder,
      sender: { dpid: this.config.PLATFORM_DPID, name: this.config.PLATFORM_NAME },
      recipient: { dpid: this.registry.recipientDpid(dsp), name: dsp.name },
    };
  }

  rest(dsp: Dsp, url: string): RestRoute {
    return {
      url,
      token: this.registry.restToken(dsp),
      key: this.registry.acknowledgementKey(dsp),
      recipientDpid: this.registry.recipientDpid(dsp),
    };
  }
}
