import type { Migration } from './migrations.ts'

/** What an attempt's result depended on, as a digest: another job with the same may take it. */
export const reuse: Migration = {
  version: 4,
  title: 'reuse',
  statements: [
    'alter table attempts add column reuse_key text',
    'create index attempts_by_reuse on attempts (reuse_key, created_at) where reuse_key is not null',
  ],
}
