import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The number of the last stage that was heard of each DSP; null until delivery tells one. */
export class HeardVersion1764600000000 implements MigrationInterface {
  name = 'HeardVersion1764600000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table release_dsps add column heard_version bigint');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table release_dsps drop column heard_version');
  }
}
