import { Module } from '@nestjs/common';
import { DspRegistry, loadRegistry } from '@tonegrid/dsp-registry';
import { CONFIG, fromVariable } from '@tonegrid/service';
import type { DdexConfig } from './config';
import { DiffMessage } from './messages/diff-message';
import { DownloadMessage } from './messages/download-message';
import { DownloadPurge } from './messages/download-purge';
import { MessageMaker } from './messages/message-maker';
import { MessageValidator } from './messages/message-validator';
import { PreviewMessage } from './messages/preview-message';
import { PreviewPurge } from './messages/preview-purge';
import { RenderMessage } from './messages/render-message';
import { ValidateFile } from './messages/validate-file';
import { ValidateMessage } from './messages/validate-message';
import { ValidatePurge } from './messages/validate-purge';

@Module({
  providers: [
    {
      provide: DspRegistry,
      useFactory: (config: DdexConfig) => fromVariable('DSPS_FILE', () => loadRegistry(config.DSPS_FILE, process.env)),
      inject: [CONFIG],
    },
    DiffMessage,
    DownloadPurge,
    DownloadMessage,
    MessageMaker,
    MessageValidator,
    PreviewMessage,
    PreviewPurge,
    RenderMessage,
    ValidateFile,
    ValidateMessage,
    ValidatePurge,
  ],
})
export class DdexModule {}
