import { Module } from '@nestjs/common';
import { DspRegistry, loadRegistry } from '@tonegrid/dsp-registry';
import { CONFIG, ConfigError, fromVariable } from '@tonegrid/service';
import type { DdexConfig } from './config';
import { DownloadMessage } from './messages/download-message';
import { MessageMaker } from './messages/message-maker';
import { MessageValidator } from './messages/message-validator';
import { PreviewMessage } from './messages/preview-message';
import { RenderMessage } from './messages/render-message';
import { ValidateMessage } from './messages/validate-message';

/** ERN versions that libs/ddex can write. */
const spoken = ['4.3'];

/** The DSPs of this deployment. Throws when one wants an ERN version that cannot be written. */
function openRegistry(config: DdexConfig): DspRegistry {
  const registry = fromVariable('DSPS_FILE', () => loadRegistry(config.DSPS_FILE, process.env));
  const foreign = registry.all.filter((dsp) => !spoken.includes(dsp.ern_version));
  if (foreign.length > 0)
    throw new ConfigError([
      `DSPS_FILE: ERN ${spoken.join(', ')} is written; not that of ${foreign.map((d) => `${d.slug} (${d.ern_version})`).join(', ')}`,
    ]);
  return registry;
}

@Module({
  providers: [
    { provide: DspRegistry, useFactory: openRegistry, inject: [CONFIG] },
    DownloadMessage,
    MessageMaker,
    MessageValidator,
    PreviewMessage,
    RenderMessage,
    ValidateMessage,
  ],
})
export class DdexModule {}
