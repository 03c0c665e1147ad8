import { Column, Entity, PrimaryColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { grantApp, tenancyFunctions, tenantPolicy, tenantTable } from '../src';

@Entity('song')
export class Song {
  @PrimaryColumn('uuid') uuid!: string;
  @Column('uuid', { name: 'tenant_uuid' }) tenantUuid!: string;
  @Column('text') title!: string;
  @Column('timestamptz', { name: 'created_at', default: () => 'now()' }) createdAt!: Date;
}

const all = async (runner: QueryRunner, statements: string[]) => {
  for (const statement of statements) await runner.query(statement);
};

export class Catalogue implements MigrationInterface {
  name = 'Catalogue1764000000001';
  async up(runner: QueryRunner) {
    await all(runner, [
      ...tenancyFunctions(),
      `create table song (uuid uuid primary key, tenant_uuid uuid not null, title text not null, created_at timestamptz not null default now(),
        unique (tenant_uuid, uuid))`,
      'create index song_newest on song (tenant_uuid, created_at, uuid)',
      'create index song_title on song (tenant_uuid, title, uuid)',
      ...tenantTable('song'),
      `create table verse (uuid uuid primary key, tenant_uuid uuid not null, song_uuid uuid not null,
        constraint verse_song foreign key (tenant_uuid, song_uuid) references song (tenant_uuid, uuid))`,
      ...tenantTable('verse'),
      'create table counter (name text primary key, value int not null default 0)',
      ...grantApp('counter'),
    ]);
  }
  async down() {
    throw new Error('forward only');
  }
}

export class LaterColumn implements MigrationInterface {
  name = 'LaterColumn1764000000002';
  async up(runner: QueryRunner) {
    await all(runner, ['alter table song add mood text', "update song set mood = 'calm'"]);
  }
  async down() {
    throw new Error('forward only');
  }
}

/** Everything that the check at start must find. */
export class BadlyKept implements MigrationInterface {
  name = 'BadlyKept1764000000003';
  async up(runner: QueryRunner) {
    await all(runner, [
      'create table unforced (tenant_uuid uuid not null)',
      ...tenantPolicy('unforced'),
      'alter table unforced no force row level security',
      'create table opened (tenant_uuid uuid not null)',
      ...tenantPolicy('opened'),
      'create policy everyone on opened using (true)',
      'create materialized view copied as select tenant_uuid from opened',
    ]);
  }
  async down() {
    throw new Error('forward only');
  }
}
