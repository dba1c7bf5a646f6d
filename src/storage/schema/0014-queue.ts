import type { Migration } from './migrations.ts'

/** Which of the rollouts that wait makes older ones needless, and which was. */
export const queue: Migration = {
  version: 14,
  title: 'queue',
  statements: [
    'alter table rollouts add column supersede integer',
    'alter table rollouts add column superseded_by text',
  ],
}
