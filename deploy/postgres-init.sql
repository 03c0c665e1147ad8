-- The databases of deploy/compose.yaml, made once on an empty volume. For each service two roles, as in production: <name>_owner owns
-- the tables and migrates, <name>_app runs, owns nothing and is bound by row-level security (docs/guides/operate.md).

create role identity_owner login password 'local' nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
create role identity_app login password 'local' nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
create database identity owner identity_owner;
revoke all on database identity from public;
grant connect on database identity to identity_app;
\connect identity
revoke create on schema public from public;
grant usage on schema public to identity_app;

create role catalog_owner login password 'local' nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
create role catalog_app login password 'local' nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
create database catalog owner catalog_owner;
revoke all on database catalog from public;
grant connect on database catalog to catalog_app;
\connect catalog
revoke create on schema public from public;
grant usage on schema public to catalog_app;

create role ingestion_owner login password 'local' nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
create role ingestion_app login password 'local' nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
create database ingestion owner ingestion_owner;
revoke all on database ingestion from public;
grant connect on database ingestion to ingestion_app;
\connect ingestion
revoke create on schema public from public;
grant usage on schema public to ingestion_app;

create role delivery_owner login password 'local' nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
create role delivery_app login password 'local' nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
create database delivery owner delivery_owner;
revoke all on database delivery from public;
grant connect on database delivery to delivery_app;
\connect delivery
revoke create on schema public from public;
grant usage on schema public to delivery_app;

create role webhooks_owner login password 'local' nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
create role webhooks_app login password 'local' nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
create database webhooks owner webhooks_owner;
revoke all on database webhooks from public;
grant connect on database webhooks to webhooks_app;
\connect webhooks
revoke create on schema public from public;
grant usage on schema public to webhooks_app;
