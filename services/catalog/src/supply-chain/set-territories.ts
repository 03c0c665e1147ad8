import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, SetTerritoriesResponseSchema, type SetTerritoriesRequest } from '@tonegrid/contracts';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { FieldReport } from '../field-report';
import { ConfigChanges } from './config-changes';
import { parseTerritories } from './parse-deals';

/** Sets the territories. */
@Rpc(CatalogService.method.setTerritories)
@Injectable()
export class SetTerritories {
  constructor(
    private readonly changes: Changes,
    private readonly configs: ConfigChanges,
  ) {}

  async run(caller: Caller, request: SetTerritoriesRequest): Promise<MessageInitShape<typeof SetTerritoriesResponseSchema>> {
    const report = new FieldReport();
    const values = parseTerritories(request.territoryMode, request.territoryCodes, report);
    report.throwIfAny();
    return this.changes.run(caller, SetTerritoriesResponseSchema, async (tx) => ({
      data: await this.configs.set(tx, caller, request.uuid, values),
    }));
  }
}
