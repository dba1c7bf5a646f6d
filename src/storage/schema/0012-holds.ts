import type { Migration } from './migrations.ts'

/** Until when the version before is kept loaded. */
export const holds: Migration = {
  version: 12,
  title: 'holds',
  statements: ['alter table deployments add column previous_until integer'],
}
