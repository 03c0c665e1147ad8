import { basename } from 'node:path';
import { createValidator, findSchemasDir, parseManifestFileName, type Validator } from '@tonegrid/ddex';
import { loadRegistry, sandboxHostKey } from '@tonegrid/dsp-registry';
import { logger } from '@tonegrid/rpc';
import { fromVariable } from '@tonegrid/service';
import { dropOldFiles } from './deliveries/drop-old-files';
import { readPlainFile } from './deliveries/find-arrivals';
import { Intake } from './deliveries/intake';
import { Journal } from './deliveries/journal';
import { UploadRefusals } from './deliveries/refuse-uploads';
import { Turns } from './disk/take-turns';
import { holdFolder } from './disk/hold-folder';
import { ReportSender } from './reports/send-reports';
import { RestDoor } from './rest/rest-door';
import type { Settings } from './settings';
import { SftpRefused } from './sftp/session';
import { SftpDoor } from './sftp/sftp-door';
import { sftpUsers, type SftpUser } from './users';

const largestMessage = 4 * 1024 * 1024;

/** All DSPs of the sandbox in one process: two doors in, one intake, one sender of reports. */
export class Simulator {
  private validator?: Validator;
  private sftp?: SftpDoor;
  private rest?: RestDoor;
  private intake?: Intake;
  private sender?: ReportSender;
  private stopDropping?: () => void;
  private letGo?: () => Promise<void>;

  constructor(private readonly settings: Settings) {}

  /** Resolves when both doors are open. */
  async start(): Promise<void> {
    const { settings } = this;
    this.letGo = await holdFolder(settings.dataDir);
    const registry = fromVariable('DSPS_FILE', () => loadRegistry(settings.dspsFile, process.env));
    const users = sftpUsers(registry, settings.dataDir);
    const schemasDir = findSchemasDir(process.env, __dirname);
    const validator = (this.validator = createValidator({ schemasDir, workers: 1 }));
    const journal = new Journal(settings.dataDir);
    const refusals = new UploadRefusals(settings.dataDir);
    const turns = new Turns();
    const sender = (this.sender = new ReportSender(settings, registry, journal, turns));
    const intake = (this.intake = new Intake(settings, registry, validator, journal, sender, turns));
    const hostKey = sandboxHostKey(settings.internalToken);
    this.rest = new RestDoor({ settings, registry, journal, refusals, take: (arrival) => intake.take(arrival) });
    this.sftp = new SftpDoor({
      ...settings.sftp,
      hostKey: hostKey.privateKey,
      users,
      maxFileBytes: settings.maxFileBytes,
      arriving: (_user, real, virtual) => refuseAsked(refusals, real, virtual),
      arrived: (user, virtual) => noticeArrival(intake, user, virtual),
    });
    await this.rest.listen();
    await this.sftp.listen();
    await this.rest.resume();
    await intake.resume(users.values());
    this.stopDropping = dropOldFiles(journal, settings.dataDir, settings.keepHours);
    logger.info(
      {
        sftp: settings.sftp.port,
        rest: settings.rest.port,
        users: users.size,
        fingerprint: hostKey.fingerprint,
        schemas: schemasDir ?? 'not installed: that stage is skipped',
        data: settings.dataDir,
      },
      'the DSPs are there',
    );
  }

  /** Closes the doors, finishes what is under way, and leaves the rest on disk for the next start. */
  async stop(): Promise<void> {
    this.stopDropping?.();
    await Promise.all([this.sftp?.close(), this.rest?.close()]);
    await this.intake?.stop();
    await this.sender?.stop();
    await this.validator?.close();
    await this.letGo?.();
  }
}

const isMessage = (virtual: string): boolean => /\.xml$/i.test(virtual) && parseManifestFileName(basename(virtual)) === null;

/** A message that asks for it does not get its final name: to the sender, an upload that failed. */
async function refuseAsked(refusals: UploadRefusals, real: string, virtual: string): Promise<void> {
  if (!isMessage(virtual)) return;
  const xml = await readPlainFile(real, largestMessage);
  if (xml && (await refusals.refuses(xml))) throw new SftpRefused(4, 'The title asks for failing uploads: [fail-upload]');
}

/** A manifest, or a whole folder that was moved into place. */
function noticeArrival(intake: Intake, user: SftpUser, virtual: string): void {
  const parts = virtual.slice(user.uploadFolder.length + 1).split('/');
  const [folder] = parts;
  if (folder && (parts.length === 1 || (parts.length === 2 && parseManifestFileName(parts[1]!) !== null))) intake.notice(user, folder);
}
