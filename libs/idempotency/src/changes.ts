import { createHash } from 'node:crypto';
import { fromBinary, type DescMessage, type MessageInitShape } from '@bufbuild/protobuf';
import type { Data, Tx } from '@tonegrid/data';
import { isErrorCode, Refused, type FieldErrors } from '@tonegrid/errors';
import { encode, type Caller, type Idempotency } from '@tonegrid/rpc';

interface Row {
  route: string;
  body_hash: string;
  answer_type: string;
  answer: Buffer | null;
  refusal: StoredRefusal | null;
}

interface StoredRefusal {
  code: string;
  message: string;
  fields?: FieldErrors;
}

/** Encrypts stored answers; `Vault` of libs/secrets fits. The context binds an answer to its key. */
export interface Seal {
  seal(answer: Uint8Array, context: string): Buffer;
  open(stored: Uint8Array, context: string): Buffer;
}

/** What this needs of a caller. */
export type ChangingCaller = Pick<Caller, 'tenantUuid' | 'idempotency' | 'answer'>;

/**
 * Runs changes once per Idempotency-Key (reference, Idempotency): the answer is written in the transaction of the change
 * itself, so a crash leaves both or neither, and a repeated call gets the stored answer.
 */
export class Changes {
  /** @param seal how stored answers are encrypted, since some show a secret this once; as they are when left out */
  constructor(
    private readonly data: Data,
    private readonly seal: Seal = { seal: (answer) => Buffer.from(answer), open: (stored) => Buffer.from(stored) },
  ) {}

  /**
   * Runs `work` in one transaction of the caller's tenant and gives its answer. Without an Idempotency-Key that is all. With one:
   * - a call that has been answered within 24 hours is not run again: the same message, or the same `Refused`, comes back and
   *   `caller.answer.replayed` is set;
   * - the same key with another body or on another route throws `idempotency.key_mismatch`;
   * - while the first call still runs, throws `idempotency.in_progress`.
   * Stored are answers and refusals of 400 to 499 other than 401, 403, 429 and those with a Retry-After; anything else leaves the key free. The work of a
   * refused call is undone. Like all work in a transaction it may be run again and must have no effects outside of it.
   * @param schema the response message of the rpc, which a stored answer is read with
   * @param onRefused what is to be written when a refusal is stored, in the transaction of its record; only with an Idempotency-Key
   */
  async run<O extends DescMessage>(
    caller: ChangingCaller,
    schema: O,
    work: (tx: Tx) => Promise<MessageInitShape<O>>,
    onRefused?: (tx: Tx, refused: Refused) => Promise<void>,
  ): Promise<MessageInitShape<O>> {
    const { idempotency } = caller;
    if (!idempotency) return this.data.transaction(caller, work);
    const outcome = await this.data.transaction(caller, async (tx) => {
      const done = await once(tx, caller.tenantUuid, idempotency, schema, work, this.seal);
      if (done.refused && !done.replayed) await onRefused?.(tx, done.refused);
      return done;
    });
    if (outcome.replayed) caller.answer.replayed = true;
    if (outcome.refused) throw outcome.refused;
    return outcome.answer!;
  }
}

interface Outcome<O extends DescMessage> {
  answer?: MessageInitShape<O>;
  /** Returned, not thrown, so that the transaction which holds its record commits. */
  refused?: Refused;
  replayed: boolean;
}

async function once<O extends DescMessage>(
  tx: Tx,
  tenantUuid: string,
  idempotency: Idempotency,
  schema: O,
  work: (tx: Tx) => Promise<MessageInitShape<O>>,
  seal: Seal,
): Promise<Outcome<O>> {
  const keyHash = createHash('sha256').update(tenantUuid.toLowerCase()).update(idempotency.key).digest();
  // The lock in a statement before the look: whoever held it has committed or gone, and the look sees what it wrote. What is older than
  // a day is gone with the look, its key is free.
  const [[lock], [found]] = (await tx.batch([
    { name: 'idempotency_lock', text: 'select pg_try_advisory_xact_lock($1) as locked', values: [keyHash.readBigInt64BE()] },
    {
      name: 'idempotency_look',
      text: `with old as (
          delete from idempotency where tenant_uuid = $1 and key_hash = $2 and created_at <= now() - interval '24 hours'
        )
        select route, body_hash, answer_type, answer, refusal from idempotency
        where tenant_uuid = $1 and key_hash = $2 and created_at > now() - interval '24 hours'`,
      values: [tenantUuid, keyHash],
    },
  ])) as [[{ locked: boolean }], [Row?]];
  if (found) return replay(found, idempotency, schema, (stored) => seal.open(stored, keyHash.toString('hex')));
  if (!lock.locked) throw new Refused('idempotency.in_progress', { retryAfterSeconds: 1 });

  const outcome = await attempt(tx, work);
  const { answer, refused } = outcome;
  const refusal = refused && { code: refused.code, message: refused.message, fields: refused.fields };
  tx.last(
    `insert into idempotency (tenant_uuid, key_hash, route, body_hash, answer_type, answer, refusal) values ($1, $2, $3, $4, $5, $6, $7)`,
    [
      tenantUuid,
      keyHash,
      idempotency.route,
      idempotency.bodyHash,
      schema.typeName,
      answer ? seal.seal(encode(schema, answer), keyHash.toString('hex')) : null,
      refusal ? JSON.stringify(refusal) : null,
    ],
    'idempotency_store',
  );
  return outcome;
}

async function attempt<O extends DescMessage>(tx: Tx, work: (tx: Tx) => Promise<MessageInitShape<O>>): Promise<Outcome<O>> {
  try {
    return { answer: await tx.savepoint(() => work(tx)), replayed: false };
  } catch (error) {
    if (!(error instanceof Refused) || !isStored(error)) throw error;
    return { refused: error, replayed: false };
  }
}

/**
 * Refusals that the operation itself decided. Those about the token, the rate or the key would be wrong a minute later, and one that says
 * when to come again wants the same key to be tried then.
 */
const isStored = ({ status, code, retryAfterSeconds }: Refused): boolean =>
  status >= 400 && status < 500 && ![401, 403, 429].includes(status) && !code.startsWith('idempotency.') && retryAfterSeconds === undefined;

function replay<O extends DescMessage>(row: Row, idempotency: Idempotency, schema: O, open: (stored: Buffer) => Buffer): Outcome<O> {
  if (row.route !== idempotency.route || row.body_hash !== idempotency.bodyHash) throw new Refused('idempotency.key_mismatch');
  // Two changes of one request need keys of their own, see `derivedKey`: a bug of ours, not the caller's.
  if (row.answer_type !== schema.typeName)
    throw new Error(`one Idempotency-Key for two changes: ${row.answer_type} and ${schema.typeName}`);
  if (row.answer) return { answer: fromBinary(schema, open(row.answer)), replayed: true };
  const { code, message, fields } = row.refusal!;
  if (!isErrorCode(code)) throw new Error(`the stored refusal ${code} is not in the error table`);
  return { refused: Refused.restore(code, message, fields), replayed: true };
}

/**
 * The caller with a key of its own for one step of a request, to be passed to another service: `derivedKey(caller, 'tree')`.
 * Without it, two changes in one service under one request would be taken for one.
 */
export const derivedKey = <C extends ChangingCaller>(caller: C, step: string): C =>
  caller.idempotency
    ? { ...caller, idempotency: { ...caller.idempotency, key: `${caller.idempotency.key}\0${step}` }, answer: { replayed: false } }
    : caller;
