import { Inject, Injectable } from '@nestjs/common';
import { Refused } from '@tonegrid/errors';
import { CONFIG } from '@tonegrid/service';
import { HOST_NAMES, type ResolveName } from '../addresses/host-names';
import { targetProblem, type AddressRules } from '../addresses/target';
import type { WebhooksConfig } from '../config';

/** The rules of this deployment: https alone in production; private addresses only where the sandbox allows them. */
export const addressRules = (config: WebhooksConfig): AddressRules => ({
  httpsOnly: config.TONEGRID_ENV === 'production',
  privateAllowed: config.ALLOW_PRIVATE_ADDRESSES,
});

/** Judges the URLs that subscribers give. */
@Injectable()
export class Targets {
  private readonly rules: AddressRules;

  constructor(
    @Inject(CONFIG) config: WebhooksConfig,
    @Inject(HOST_NAMES) private readonly resolve: ResolveName,
  ) {
    this.rules = addressRules(config);
  }

  /**
   * Why a URL is refused, `webhook.url_refused`; undefined when it may be a target. Asked before the transaction (DNS takes time) and
   * thrown within it, so that a repeated call gets its stored answer whatever DNS says by then.
   */
  async refusal(url: string): Promise<Refused | undefined> {
    const reason = await targetProblem(url, this.rules, this.resolve);
    return reason === undefined ? undefined : new Refused('webhook.url_refused', { field: 'url', params: { reason } });
  }
}
