import { Module } from '@nestjs/common';
import { CreateApiKey } from './api-keys/create-api-key';
import { GetApiKey } from './api-keys/get-api-key';
import { KeyUse } from './api-keys/key-use';
import { ListApiKeys } from './api-keys/list-api-keys';
import { RevokeApiKey } from './api-keys/revoke-api-key';
import { RotateApiKey } from './api-keys/rotate-api-key';
import { UpdateApiKey } from './api-keys/update-api-key';
import { Audit } from './audit/audit';
import { ListAuditLog } from './audit/list-audit-log';
import { OnAuditAction } from './audit/on-audit-action';
import { RecordAudit } from './audit/record-audit';
import { Authenticate } from './authenticate/authenticate';
import { GetMe } from './authenticate/get-me';
import { ListErrors } from './errors/list-errors';
import { Login } from './login/login';
import { LoginAttempts } from './login/login-attempts';
import { Logout } from './login/logout';
import { CreateOAuthClient } from './oauth-clients/create-oauth-client';
import { DeleteOAuthClient } from './oauth-clients/delete-oauth-client';
import { ListOAuthClients } from './oauth-clients/list-oauth-clients';
import { Revocations } from './revocations/revocations';
import { SweepExpired } from './sweep-expired';
import { ActivateTenant } from './tenants/activate-tenant';
import { CreateClientTenant } from './tenants/create-client-tenant';
import { GetClientTenant } from './tenants/get-client-tenant';
import { GetOwnTenant } from './tenants/get-own-tenant';
import { ImpersonateTenant } from './tenants/impersonate-tenant';
import { ListClientTenants } from './tenants/list-client-tenants';
import { SuspendTenant } from './tenants/suspend-tenant';
import { Suspension } from './tenants/suspension';
import { UpdateClientTenant } from './tenants/update-client-tenant';
import { UpdateOwnTenant } from './tenants/update-own-tenant';
import { AccessTokens } from './tokens/access-tokens';
import { IssueToken } from './tokens/issue-token';
import { KnownClients } from './tokens/known-client';
import { ListSigningKeys } from './tokens/list-signing-keys';
import { RefreshToken } from './tokens/refresh-token';
import { RevokeToken } from './tokens/revoke-token';
import { SigningKeys } from './tokens/signing-keys';
import { CountUsage } from './usage/count-usage';
import { GetTenantUsage } from './usage/get-tenant-usage';
import { CreateUser } from './users/create-user';
import { DeleteUser } from './users/delete-user';
import { ListUsers } from './users/list-users';

@Module({
  providers: [
    AccessTokens,
    ActivateTenant,
    Audit,
    Authenticate,
    CountUsage,
    CreateApiKey,
    CreateClientTenant,
    CreateOAuthClient,
    CreateUser,
    DeleteOAuthClient,
    DeleteUser,
    GetApiKey,
    GetClientTenant,
    GetMe,
    GetOwnTenant,
    GetTenantUsage,
    ImpersonateTenant,
    IssueToken,
    KeyUse,
    KnownClients,
    ListApiKeys,
    ListAuditLog,
    ListClientTenants,
    ListErrors,
    ListOAuthClients,
    ListSigningKeys,
    ListUsers,
    Login,
    LoginAttempts,
    Logout,
    OnAuditAction,
    RecordAudit,
    RefreshToken,
    Revocations,
    RevokeApiKey,
    RevokeToken,
    RotateApiKey,
    SigningKeys,
    SuspendTenant,
    Suspension,
    SweepExpired,
    UpdateApiKey,
    UpdateClientTenant,
    UpdateOwnTenant,
  ],
})
export class IdentityModule {}
