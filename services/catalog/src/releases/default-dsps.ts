import { Injectable } from '@nestjs/common';
import type { Tenant } from '@tonegrid/data';
import { DspRegistry } from '@tonegrid/dsp-registry';
import { TenantSettings } from '../tenants/tenant-settings';
import { chooseDsps } from './choose-dsps';

/** The DSPs of a new release that names none: those that the tenant has set; of them, those that this deployment has. */
@Injectable()
export class DefaultDsps {
  constructor(
    private readonly settings: TenantSettings,
    private readonly registry: DspRegistry,
  ) {}

  /** Canonical slugs: the named ones, when there are any. Not to be called in a transaction. */
  async unless(tenant: Tenant, named: string[]): Promise<string[]> {
    if (named.length > 0) return named;
    const { default_dsps: defaults } = await this.settings.of(tenant);
    return chooseDsps(this.registry, defaults).dsps.map(({ slug }) => slug);
  }
}
