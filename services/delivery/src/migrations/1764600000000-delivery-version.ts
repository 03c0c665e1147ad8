import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A number for each stage that a delivery has told of, so that whoever hears them can tell which is the later one. */
export class DeliveryVersion1764600000000 implements MigrationInterface {
  name = 'DeliveryVersion1764600000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table deliveries add column version bigint not null default 0');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table deliveries drop column version');
  }
}
