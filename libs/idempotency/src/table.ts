import { tenantTable, type Data } from '@tonegrid/data';

/** Statements for the migration of a service that runs `Changes`. */
export function idempotencyTable(): string[] {
  return [
    `create table idempotency (
      tenant_uuid uuid not null,
      key_hash bytea not null,
      route text not null,
      body_hash text not null,
      answer_type text not null,
      answer bytea,
      refusal jsonb,
      created_at timestamptz not null default now(),
      primary key (tenant_uuid, key_hash),
      constraint one_answer check ((answer is null) <> (refusal is null))
    )`,
    'create index idempotency_age on idempotency (created_at)',
    ...tenantTable('idempotency'),
  ];
}

/**
 * Removes records older than 24 hours, in portions that hold no lock for long; returns how many. Any replica may run it at any
 * time. An old record that is still there does not count: its key is free.
 */
export async function sweepIdempotency(data: Data, portion = 5000): Promise<number> {
  for (let removed = 0; ;) {
    const rows = await data.system((tx) =>
      tx.query(
        `delete from idempotency where (tenant_uuid, key_hash) in
           (select tenant_uuid, key_hash from idempotency where created_at <= now() - interval '24 hours' limit $1 for update skip locked)
         returning 1`,
        [portion],
      ),
    );
    removed += rows.length;
    if (rows.length < portion) return removed;
  }
}
