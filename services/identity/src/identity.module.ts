import { Module } from '@nestjs/common';
import { CreateApiKey } from './api-keys/create-api-key';
import { GetApiKey } from './api-keys/get-api-key';
import { ListApiKeys } from './api-keys/list-api-keys';
import { RevokeApiKey } from './api-keys/revoke-api-key';
import { Authenticate } from './authenticate/authenticate';
import { GetMe } from './authenticate/get-me';
import { ListErrors } from './errors/list-errors';
import { SweepExpired } from './sweep-expired';
import { AccessTokens } from './tokens/access-tokens';
import { IssueToken } from './tokens/issue-token';
import { ListSigningKeys } from './tokens/list-signing-keys';
import { RefreshToken } from './tokens/refresh-token';
import { RevokeToken } from './tokens/revoke-token';
import { SigningKeys } from './tokens/signing-keys';

@Module({
  providers: [
    AccessTokens,
    Authenticate,
    CreateApiKey,
    GetApiKey,
    GetMe,
    IssueToken,
    ListApiKeys,
    ListErrors,
    ListSigningKeys,
    RefreshToken,
    RevokeApiKey,
    RevokeToken,
    SigningKeys,
    SweepExpired,
  ],
})
export class IdentityModule {}
