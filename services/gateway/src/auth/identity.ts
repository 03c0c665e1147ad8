import { randomUUID } from 'node:crypto';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import type { IdentityService } from '@tonegrid/contracts';
import { Refused } from '@tonegrid/errors';
import { callContext, callerFromProto, systemCaller, type Caller, type RpcClient } from '@tonegrid/rpc';
import { AddressList } from './addresses';

/** Who a credential belongs to, as identity last said. */
export interface Authenticated {
  /** Without request id, idempotency and answer of a request. */
  caller: Caller;
  scopes: ReadonlySet<string>;
  /** Milliseconds since 1970; undefined for never. */
  expiresAt: number | undefined;
  /** Whom requests are counted for: this access token, or this API key. */
  sender: string;
  /** Rate plan of the tenant; undefined for the default. */
  ratePlan: string | undefined;
  /** Where an API key may be used from; undefined for anywhere. */
  addresses: AddressList | undefined;
  /** The family of an access token; undefined when it has none. */
  family: string | undefined;
}

/** A credential that has the right form: an API key, or the `jti` of an access token whose signature holds. */
export type Credential = { case: 'apiKey' | 'tokenId'; value: string };

/** How long identity may take to say who it is, milliseconds. */
const patience = 5_000;

/** Asks identity who a credential belongs to. */
export async function askIdentity(identity: RpcClient<typeof IdentityService>, credential: Credential): Promise<Authenticated> {
  // The request that asks first; others that come with the same credential meanwhile wait for its answer.
  const requestId = callContext()?.requestId ?? randomUUID();
  const asking: Caller = { ...systemCaller('gateway', '', requestId), deadline: new Date(Date.now() + patience) };
  const answer = await identity.authenticate(asking, { credential });
  if (!answer.caller) throw new Refused('auth.invalid_token');
  const tokenId = credential.case === 'tokenId' ? credential.value : '';
  const caller = { ...callerFromProto(answer.caller), tokenId };
  return {
    caller,
    scopes: new Set(caller.scopes),
    expiresAt: answer.expiresAt && timestampMs(answer.expiresAt),
    sender: tokenId !== '' ? tokenId : `${caller.tenantUuid}:${caller.subject}`,
    ratePlan: answer.ratePlan || undefined,
    addresses: answer.ipAllowlist.length > 0 ? new AddressList(answer.ipAllowlist) : undefined,
    family: answer.family || undefined,
  };
}
