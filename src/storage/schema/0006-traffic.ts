import type { Migration } from './migrations.ts'

/** What callers may take at most, and how an environment shares out its traffic beside the weights. */
export const traffic: Migration = {
  version: 6,
  title: 'traffic',
  statements: [
    'alter table tokens add column limits text',
    'alter table policies add column limits text',
    'alter table rollouts add column traffic text',
    'alter table deployments add column traffic text',
  ],
}
