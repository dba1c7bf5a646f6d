import type { Migration } from './migrations.ts'

/** By whose word a rollout stays where it stands, and until when. */
export const pauses: Migration = {
  version: 16,
  title: 'pauses',
  statements: ['alter table rollouts add column pause text'],
}
