import { existsSync, readdirSync } from 'node:fs';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { createValidator, findSchemasDir, type DspTarget, type Report, type Validator } from '@tonegrid/ddex';
import { logger } from '@tonegrid/rpc';
import { CONFIG } from '@tonegrid/service';
import type { DdexConfig } from '../config';

/** The one pool of this process that judges messages. The service is ready when its workers are. */
@Injectable()
export class MessageValidator implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly pool: Validator;

  constructor(@Inject(CONFIG) config: DdexConfig) {
    const schemasDir = findSchemasDir(process.env, __dirname);
    if (config.DDEX_SCHEMAS_DIR && !schemasDir) throw new Error(`DDEX_SCHEMAS_DIR: ${config.DDEX_SCHEMAS_DIR} is no folder`);
    const ern = schemasDir && existsSync(`${schemasDir}/ern`) ? readdirSync(`${schemasDir}/ern`) : [];
    if (ern.length === 0) logger.warn({ schemas: schemasDir }, 'no DDEX schemas are installed: the schema stage of validation is skipped');
    else logger.info({ schemas: schemasDir, ern }, 'DDEX schemas');
    this.pool = createValidator({ schemasDir, workers: config.VALIDATOR_WORKERS });
  }

  /** Judges a message: schema, references, release profile, and the rules of a DSP. */
  validate(xml: string | Uint8Array, dsp?: DspTarget): Promise<Report> {
    return this.pool.validate(xml, dsp);
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.pool.warm();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.pool.close();
  }
}
