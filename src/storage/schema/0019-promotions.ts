import type { Migration } from './migrations.ts'

/** Where a version must have been promoted before it goes somewhere: by the policy, and as a rollout began. */
export const promotions: Migration = {
  version: 19,
  title: 'promotions',
  statements: [
    'alter table policies add column promote_from text',
    'alter table rollouts add column promote_from text',
  ],
}
