import { Inject, Injectable } from '@nestjs/common';
import { Refused } from '@tonegrid/errors';
import { addressRules, HOST_NAMES, targetProblem, type AddressRules, type ResolveName } from '@tonegrid/outbound';
import { CONFIG } from '@tonegrid/service';
import type { WebhooksConfig } from '../config';

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
