import type { Migration } from './migrations.ts'

/** When rollouts may move on: what the policy says, what the file asks for, and who let one go on all the same. */
export const calendars: Migration = {
  version: 11,
  title: 'calendars',
  statements: [
    'alter table policies add column calendar text',
    'alter table rollouts add column calendar text',
    'alter table rollouts add column override text',
  ],
}
