import { Module } from '@nestjs/common';
import { DspRegistry, loadRegistry } from '@tonegrid/dsp-registry';
import { CONFIG, fromVariable } from '@tonegrid/service';
import { openStorage } from '@tonegrid/storage';
import { AckFileStore } from './acknowledgements/ack-file.store';
import { Acknowledge } from './acknowledgements/acknowledge';
import { ApplyAcknowledgement } from './acknowledgements/apply-acknowledgement';
import { PollAckFolders } from './acknowledgements/poll-ack-folders';
import { ReadAckFolder } from './acknowledgements/read-ack-folder';
import type { DeliveryConfig } from './config';
import { DeliverToAll } from './deliveries/deliver-to-all';
import { DeliverToDsp } from './deliveries/deliver-to-dsp';
import { DeliveryStore } from './deliveries/delivery.store';
import { ListDeliveries } from './deliveries/list-deliveries';
import { ListMessages } from './deliveries/list-messages';
import { QueueDeliveries } from './deliveries/queue-deliveries';
import { RedeliverToAll } from './deliveries/redeliver-to-all';
import { RedeliverToDsp } from './deliveries/redeliver-to-dsp';
import { OnReleaseApproved } from './events/on-release-approved';
import { MessageStore } from './messages/message.store';
import { Render } from './send/render';
import { Routes } from './send/routes';
import { SendMessage } from './send/send-message';
import { SendWorker } from './send/send-worker';
import { STORAGE } from './storage';

@Module({
  providers: [
    {
      provide: DspRegistry,
      useFactory: ({ DSPS_FILE }: DeliveryConfig) =>
        fromVariable('DSPS_FILE', () => loadRegistry(DSPS_FILE, process.env, { deliver: true })),
      inject: [CONFIG],
    },
    {
      provide: STORAGE,
      useFactory: ({ STORAGE_URL }: DeliveryConfig) => fromVariable('STORAGE_URL', () => openStorage(STORAGE_URL, process.env)),
      inject: [CONFIG],
    },
    AckFileStore,
    Acknowledge,
    ApplyAcknowledgement,
    DeliverToAll,
    DeliverToDsp,
    DeliveryStore,
    ListDeliveries,
    ListMessages,
    MessageStore,
    OnReleaseApproved,
    PollAckFolders,
    QueueDeliveries,
    ReadAckFolder,
    RedeliverToAll,
    RedeliverToDsp,
    Render,
    Routes,
    SendMessage,
    SendWorker,
  ],
})
export class DeliveryModule {}
