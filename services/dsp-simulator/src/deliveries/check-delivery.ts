import { join } from 'node:path';
import { inspectMessage, isTakedown, type InspectedMessage, type Report as Validation, type Validator } from '@tonegrid/ddex';
import type { Dsp, DspRegistry } from '@tonegrid/dsp-registry';
import { checkFiles, md5Of } from './check-files';
import { restManifestName, type Delivery, type Fault } from './delivery';
import { dspReleaseId, releaseKeyOf } from './dsp-ids';
import { readPlainFile } from './find-arrivals';
import type { Journal } from './journal';
import { askedStatus, magicWords } from './magic-words';
import { messageFacts } from './message-facts';

export interface CheckedBy {
  dataDir: string;
  registry: DspRegistry;
  validator: Validator;
  journal: Journal;
}

/** A delivery with all that its message told, and what is wrong with it, if anything. */
export interface Checked {
  delivery: Delivery;
  fault: Fault | null;
}

const largestMessage = 20 * 1024 * 1024;
const invalid = (text: string): Fault => ({ status: 'NewReleaseMessageInvalid', text, action: 'ResendXmlOnly' });

/**
 * Checks a delivery as a DSP does: the message against manifest, schema, references and profile, its recipient, its files, and what
 * was delivered of the same release before. Reads only; the same delivery gives the same answer.
 */
export async function checkDelivery(taken: Delivery, dsp: Dsp, by: CheckedBy): Promise<Checked> {
  const folder = join(by.dataDir, taken.folder);
  const bytes = taken.message === null ? null : await readPlainFile(join(folder, taken.message), largestMessage);
  if (!bytes || taken.message === null)
    return { delivery: taken, fault: taken.fault ?? { status: 'ErnMissing', text: 'The message is not there', action: 'ResendXmlOnly' } };
  const message = inspectMessage(bytes);
  if (!message.ok) return { delivery: taken, fault: taken.fault ?? invalid(`The message cannot be read: ${message.reason}`) };

  const facts = messageFacts(bytes);
  const delivery = withMessage(taken, message, dsp, by.journal);
  const answer = (fault: Fault | null): Checked => ({ delivery, fault });
  if (taken.fault) return answer(taken.fault);
  const md5 = await md5Of(join(folder, taken.message));
  if (taken.message_md5 !== null && taken.message_md5 !== md5)
    return answer({
      status: 'SignatureOrHashSumWrongOrMissing',
      text: `${taken.message} has the MD5 ${md5}, the manifest says ${taken.message_md5}`,
      action: 'ResendXmlOnly',
    });
  const header = headerFault(message, delivery, dsp, by.registry);
  if (header) return answer(header);
  const validation = await by.validator.validate(bytes);
  delivery.schema = validation.schema_checked ? 'checked' : 'not installed';
  if (!validation.valid) return answer(invalid(errorsOf(validation)));
  if (!delivery.release_key) return answer({ status: 'IdentifierInvalid', text: 'The release has no identifier', action: 'ResendXmlOnly' });

  const own = taken.via === 'rest' ? [taken.message, restManifestName] : [taken.message];
  const checked =
    delivery.kind === 'takedown' ? { files: [], fault: null } : await filesOf(folder, own, message, facts.files, delivery, by.journal);
  delivery.files = checked.files;
  if (checked.fault) return answer(checked.fault);

  const reject = magicWords(message.release.title).find(({ word }) => word === 'reject');
  if (reject && delivery.kind !== 'takedown')
    return answer({ status: askedStatus(reject.detail), text: 'The title asks for a rejection: [reject]', action: 'ResendXmlOnly' });
  return answer(null);
}

function withMessage(taken: Delivery, message: InspectedMessage, dsp: Dsp, journal: Journal): Delivery {
  const { icpn, isrcs, title } = message.release;
  const releaseKey = releaseKeyOf(message.release);
  const earlier = releaseKey ? journal.earlier(taken, releaseKey) : [];
  const id = releaseKey && dspReleaseId(dsp.slug, releaseKey);
  return {
    ...taken,
    thread_id: message.threadId,
    message_type: message.messageType,
    ern_version: message.ernVersion,
    // By the time of arrival, so that a check repeated after a crash comes to the same end.
    kind: isTakedown(message, new Date(taken.received_at)) ? 'takedown' : standing(earlier) ? 'update' : 'new',
    is_test: message.isTest,
    title,
    icpn,
    isrcs,
    release_key: releaseKey,
    dsp_id: id,
    dsp_release_id: id && (dsp.dsp_release_id ?? '{id}').replace('{id}', id),
    live_url: id && dsp.live_url ? dsp.live_url.replace('{id}', id) : null,
    has_files: message.files.some((file) => file.isProvided),
    words: magicWords(title).map(({ word, detail }) => (detail ? `${word}:${detail}` : word)),
  };
}

/** Whether the release is held, after all these messages about it. Test messages leave nothing behind. */
const standing = (earlier: Delivery[]): boolean => {
  const last = earlier.filter((delivery) => !delivery.is_test).at(-1);
  return last !== undefined && last.kind !== 'takedown';
};

function headerFault(message: InspectedMessage, delivery: Delivery, dsp: Dsp, registry: DspRegistry): Fault | null {
  if (message.messageId !== delivery.message_id)
    return invalid(`The message calls itself ${message.messageId ?? 'nothing'}, its manifest ${delivery.message_id}`);
  if (message.messageType !== 'NewReleaseMessage' && message.messageType !== 'PurgeReleaseMessage')
    return invalid(`A ${message.messageType} is not taken here`);
  if (message.ernVersion !== dsp.ern_version)
    return invalid(
      `This feed takes ERN ${dsp.ern_version}, the message is ${message.ernVersion ? `ERN ${message.ernVersion}` : 'of no known ERN'}`,
    );
  if (message.messageType === 'PurgeReleaseMessage' && !dsp.accepts_purge) return invalid(`${dsp.name} takes no PurgeReleaseMessage`);
  const own = registry.recipientDpid(dsp);
  if (message.recipientDpid !== own) return invalid(`The message is for ${message.recipientDpid ?? 'nobody'}; ${dsp.name} is ${own}`);
  // A takedown needs something to take down: a message without deals about an unknown release is a mistake.
  if (message.messageType === 'NewReleaseMessage' && message.deals.length === 0 && dsp.takedown_strategy !== 'no_deals')
    return { status: 'NoDealInNewReleaseMessage', text: 'The message has no deal', action: 'ResendXmlOnly' };
  return null;
}

async function filesOf(
  folder: string,
  own: string[],
  message: InspectedMessage,
  facts: Parameters<typeof checkFiles>[3],
  delivery: Delivery,
  journal: Journal,
): ReturnType<typeof checkFiles> {
  const checked = await checkFiles(folder, own, message.files, facts, message.senderDpid ?? '');
  if (checked.fault || delivery.has_files) return checked;
  // Metadata alone is an update of what came before.
  const held = journal.earlier(delivery, delivery.release_key!).some((earlier) => earlier.has_files && !earlier.is_test);
  if (held) return checked;
  return {
    files: [],
    fault: {
      status: 'ResourceMissing',
      text: 'The message brings no files, and none of this release were delivered before',
      action: 'ResendXmlAndResources',
    },
  };
}

const errorsOf = (validation: Validation): string => {
  const errors = validation.errors.filter((finding) => finding.severity === 'error');
  const shown = errors.slice(0, 5).map((finding) => `line ${finding.line}: ${finding.message}`);
  const more = validation.error_count - shown.length;
  return `${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''}`.slice(0, 2000);
};
