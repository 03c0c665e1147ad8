import { Injectable } from '@nestjs/common';
import { WebhooksService } from '@tonegrid/contracts';
import { Rpc } from '@tonegrid/rpc';
import { EventTypes, wildcards } from './event-types';

/** `GET /webhooks/event-types`. */
@Rpc(WebhooksService.method.listEventTypes)
@Injectable()
export class ListEventTypes {
  constructor(private readonly types: EventTypes) {}

  async run() {
    return { data: { events: [...this.types.all], wildcards } };
  }
}
