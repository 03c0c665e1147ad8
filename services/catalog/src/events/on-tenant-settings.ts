import { Injectable } from '@nestjs/common';
import type { Tx } from '@tonegrid/data';
import type { ReceivedEvent } from '@tonegrid/events';
import { Handles, type EventHandler } from '@tonegrid/service';
import { writeTenantSettings, type Settings } from '../tenants/tenant-settings';

/**
 * Keeps what identity tells of a tenant's settings, so that no request has to ask. Over all tenants, because the event is of the tenant
 * that acted, which may stand above the one whose settings they are.
 */
@Handles({ durable: 'catalog-tenant-settings', filter: ['tenant.settings_updated'], everyTenant: true })
@Injectable()
export class OnTenantSettings implements EventHandler {
  async handle(tx: Tx, event: ReceivedEvent): Promise<void> {
    const { tenant_uuid: tenant, ...settings } = event.data as Settings & { tenant_uuid: string };
    await writeTenantSettings(tx, tenant, settings);
  }
}
