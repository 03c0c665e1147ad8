import type { Data } from '@tonegrid/data';
import { AuditSeals, noSeal, sameSeal, type AuditHead, type AuditRow } from './chain';

/** The first thing that is wrong with a tenant's chain. */
export interface Flaw {
  tenantUuid: string;
  /** Place in the chain. */
  seq: number;
  problem: string;
}

/** What a look at all chains has found. */
export interface Verdict {
  tenants: number;
  rows: number;
  /** One for each tenant whose chain is not whole. */
  flaws: Flaw[];
  /** Where the chains end now. */
  ends: { tenant: string; seq: number; seal: string }[];
}

/** An end that was noted earlier and must still be in its chain. */
export type Anchor = Verdict['ends'][number];

type StoredRow = AuditRow & { seal: Buffer };
type StoredHead = AuditHead & { seal: Buffer };

const portion = 2_000;

/**
 * Reads every chain from its beginning and computes each seal anew. Tells for each tenant the first row that was altered, taken out or
 * put in, rows cut off at the end, and anchors that are gone. Rows are read in portions: memory stays flat.
 */
export async function verifyChains(data: Data, encryptionKey: string, anchors: readonly Anchor[] = []): Promise<Verdict> {
  const seals = new AuditSeals(encryptionKey);
  const heads = await data.system((tx) =>
    tx.query<StoredHead>('select tenant_uuid, seq::float8 as seq, row_seal, seal from audit_heads order by 1'),
  );
  const chained = await data.system((tx) => tx.query<{ tenant_uuid: string }>('select distinct tenant_uuid from audit_log'));
  const tenants = new Set([
    ...heads.map((head) => head.tenant_uuid),
    ...chained.map((row) => row.tenant_uuid),
    ...anchors.map(({ tenant }) => tenant),
  ]);
  const verdict: Verdict = { tenants: tenants.size, rows: 0, flaws: [], ends: [] };
  for (const tenant of [...tenants].sort()) {
    const head = heads.find((each) => each.tenant_uuid === tenant);
    const noted = anchors.filter((anchor) => anchor.tenant === tenant);
    const { rows, flaw, end } = await verifyChain(data, seals, tenant, head, noted);
    verdict.rows += rows;
    if (flaw) verdict.flaws.push({ tenantUuid: tenant, ...flaw });
    else verdict.ends.push({ tenant, seq: rows, seal: end.toString('hex') });
  }
  return verdict;
}

async function verifyChain(data: Data, seals: AuditSeals, tenant: string, head: StoredHead | undefined, noted: readonly Anchor[]) {
  let rows = 0;
  let end: Buffer = noSeal;
  const flawed = (seq: number, problem: string) => ({ rows, end, flaw: { seq, problem } });
  for (;;) {
    const read = await portionAfter(data, tenant, rows);
    for (const row of read) {
      if (row.seq !== rows + 1) return flawed(rows + 1, `the row is missing (the next is ${row.seq})`);
      if (!sameSeal(row.seal, seals.ofRow(row, end))) return flawed(row.seq, 'the row was altered, or replaced');
      rows = row.seq;
      end = row.seal;
      const anchor = noted.find((each) => each.seq === rows);
      if (anchor && anchor.seal !== end.toString('hex')) return flawed(rows, 'the row is not the one that was noted earlier');
    }
    if (read.length < portion) break;
  }
  if (!head) return flawed(rows, 'the end of the chain is not noted: its head was removed');
  if (head.seq > rows) return flawed(rows + 1, `rows are missing at the end (there were ${head.seq})`);
  if (!sameSeal(head.seal, seals.ofHead(head))) return flawed(head.seq, 'the head was altered');
  if (head.seq < rows || !sameSeal(head.row_seal, end)) return flawed(rows, 'the head does not belong to the last row');
  const beyond = noted.find(({ seq }) => seq > rows);
  if (beyond) return flawed(rows + 1, `rows are missing at the end (row ${beyond.seq} was noted earlier)`);
  return { rows, end, flaw: undefined };
}

const portionAfter = (data: Data, tenant: string, seq: number): Promise<StoredRow[]> =>
  data.system((tx) =>
    tx.query<StoredRow>(
      `select tenant_uuid, seq::float8 as seq, uuid, actor, on_behalf_of, action_type, target, client_address, request_id, before, after, created_at, seal
       from audit_log where tenant_uuid = $1 and seq > $2 order by seq limit ${portion}`,
      [tenant, seq],
    ),
  );
