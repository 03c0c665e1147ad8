import { Injectable } from '@nestjs/common';
import { IdentityService } from '@tonegrid/contracts';
import { Rpc } from '@tonegrid/rpc';
import { SigningKeys } from './signing-keys';

/** `GET /.well-known/jwks.json`: the public keys (RFC 7517). */
@Rpc(IdentityService.method.listSigningKeys)
@Injectable()
export class ListSigningKeys {
  constructor(private readonly keys: SigningKeys) {}

  async run() {
    return { keys: await this.keys.publicKeys() };
  }
}
