export { Data, type Tenant } from './data';
export type { Tx } from './transaction';
export { createDataSource, openData, type DataOptions } from './open-data';
export { isForeignKeyViolation, isRetryable, isUnavailable, isUniqueViolation } from './database-errors';
export { grantApp, tenancyFunctions, tenantPolicy, tenantTable, type Privilege } from './tenancy';
export { prepareDatabase, type Login } from './prepare-database';
export { pendingMigrations, roleOf, runMigrations, type MigrationOptions } from './run-migrations';
export { assertTenancy } from './assert-tenancy';
