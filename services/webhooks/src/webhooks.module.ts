import { Module } from '@nestjs/common';
import { DspRegistry, loadRegistry } from '@tonegrid/dsp-registry';
import { dnsNames, HOST_NAMES } from '@tonegrid/outbound';
import { Vault } from '@tonegrid/secrets';
import { CONFIG, fromVariable } from '@tonegrid/service';
import type { WebhooksConfig } from './config';
import { ListWebhookDeliveries } from './deliveries/list-webhook-deliveries';
import { RedeliverWebhook } from './deliveries/redeliver-webhook';
import { SweepDeliveries } from './deliveries/sweep-deliveries';
import { DispatchEvent } from './dispatch/dispatch-event';
import { EventTypes } from './events/event-types';
import { ListEventTypes } from './events/list-event-types';
import { AttemptStore } from './sending/attempt.store';
import { Sender } from './sending/sender';
import { CreateWebhook } from './subscriptions/create-webhook';
import { DeleteWebhook } from './subscriptions/delete-webhook';
import { GetWebhook } from './subscriptions/get-webhook';
import { ListWebhooks } from './subscriptions/list-webhooks';
import { RotateWebhookSecret } from './subscriptions/rotate-webhook-secret';
import { Targets } from './subscriptions/targets';
import { TestWebhook } from './subscriptions/test-webhook';
import { UpdateWebhook } from './subscriptions/update-webhook';

const useCases = [
  CreateWebhook,
  DeleteWebhook,
  GetWebhook,
  ListEventTypes,
  ListWebhookDeliveries,
  ListWebhooks,
  RedeliverWebhook,
  RotateWebhookSecret,
  TestWebhook,
  UpdateWebhook,
];

@Module({
  providers: [
    ...useCases,
    AttemptStore,
    DispatchEvent,
    EventTypes,
    Sender,
    SweepDeliveries,
    Targets,
    {
      provide: DspRegistry,
      useFactory: ({ DSPS_FILE }: WebhooksConfig) => fromVariable('DSPS_FILE', () => loadRegistry(DSPS_FILE, process.env)),
      inject: [CONFIG],
    },
    { provide: HOST_NAMES, useFactory: ({ WEBHOOK_DNS_SERVERS }: WebhooksConfig) => dnsNames(WEBHOOK_DNS_SERVERS), inject: [CONFIG] },
    { provide: Vault, useFactory: ({ ENCRYPTION_KEY }: WebhooksConfig) => new Vault(ENCRYPTION_KEY), inject: [CONFIG] },
  ],
})
export class WebhooksModule {}
