import type { Migration } from './migrations.ts'

/** How long a deployment waits for its approval, and whether who pushed may give it. */
export const approvals: Migration = {
  version: 13,
  title: 'approvals',
  statements: ['alter table policies add column approval text'],
}
