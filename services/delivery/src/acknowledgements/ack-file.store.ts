import { Injectable } from '@nestjs/common';
import type { Data, Tx } from '@tonegrid/data';
import type { RemoteFile } from '../send/sftp-session';

/** How often a file that cannot be read or matched is looked at again, as long as it does not change. */
const mostLooks = 20;

/** DSPs whose folders are worth a look, and how eagerly. */
export interface ExpectedAnswers {
  dsp: string;
  /** A delivery waits for the DSP's word; otherwise an earlier one might still be contradicted. */
  waiting: boolean;
}

/** Every query about acknowledgement files: by their names, never by "newer than the last", because late ones can sort before it. */
@Injectable()
export class AckFileStore {
  /** DSPs that something was sent to in the last 30 days, or is being sent. */
  expected(data: Data): Promise<ExpectedAnswers[]> {
    return data.systemRead<ExpectedAnswers>(
      `select d.dsp, bool_or(d.status in ('submitted', 'accepted', 'update_submitted', 'takedown_submitted', 'failed')) as waiting
       from deliveries d where d.submitted_at > now() - interval '30 days' group by d.dsp`,
      [],
      'expected-answers',
    );
  }

  /** Takes the next look into a DSP's folder; false when another process looks, or it is too early. */
  async takeTurn(data: Data, dsp: string, everyMs: number): Promise<boolean> {
    const rows = await data.system((tx) =>
      tx.query(
        `insert into ack_polls (dsp, next_poll_at) values ($1, now() + $2 * interval '1 millisecond')
         on conflict (dsp) do update set next_poll_at = excluded.next_poll_at where ack_polls.next_poll_at <= now() returning 1`,
        [dsp, everyMs],
      ),
    );
    return rows.length > 0;
  }

  /** Those of the files that are to be read: new ones, and ones that could not be read or matched when last seen. */
  async unhandled(data: Data, dsp: string, files: RemoteFile[]): Promise<RemoteFile[]> {
    if (files.length === 0) return [];
    const seen = await data.system((tx) =>
      tx.query<{ name: string }>(
        `select f.name from ack_files f join unnest($2::text[], $3::bigint[], $4::timestamptz[]) as there (name, size, modified) on f.name = there.name
         where f.dsp = $1 and (f.state = 'handled' or (f.looks >= $5 and f.size_bytes = there.size and f.modified_at = there.modified))`,
        [dsp, files.map(({ name }) => name), files.map(({ size }) => size), files.map(({ modifiedAt }) => modifiedAt), mostLooks],
      ),
    );
    const done = new Set(seen.map(({ name }) => name));
    return files.filter(({ name }) => !done.has(name));
  }

  /** Remembers a file as handled, in the transaction of what it led to; false when another process was faster. */
  async handled(tx: Tx, dsp: string, file: RemoteFile): Promise<boolean> {
    const rows = await tx.query(
      `insert into ack_files (dsp, name, state, size_bytes, modified_at) values ($1, $2, 'handled', $3, $4)
       on conflict (dsp, name) do update set state = 'handled', problem = null where ack_files.state <> 'handled' returning 1`,
      [dsp, file.name, file.size, file.modifiedAt],
    );
    return rows.length > 0;
  }

  /** Remembers that a file could not be used; true the first time that it is seen like this. */
  async puzzled(data: Data, dsp: string, file: RemoteFile, state: 'unreadable' | 'unmatched', problem: string): Promise<boolean> {
    const rows = await data.system((tx) =>
      tx.query<{ looks: number }>(
        `insert into ack_files (dsp, name, state, size_bytes, modified_at, problem) values ($1, $2, $3, $4, $5, $6)
         on conflict (dsp, name) do update set state = excluded.state, problem = excluded.problem, size_bytes = excluded.size_bytes,
           modified_at = excluded.modified_at,
           looks = case when ack_files.size_bytes = excluded.size_bytes and ack_files.modified_at = excluded.modified_at then ack_files.looks + 1 else 1 end
           where ack_files.state <> 'handled' returning looks`,
        [dsp, file.name, state, file.size, file.modifiedAt, problem.slice(0, 500)],
      ),
    );
    return rows[0]?.looks === 1;
  }
}
