import type { Migration } from './migrations.ts'

/** What a rollout's verdict rests on, how it went, and how often it changed. */
export const evidence: Migration = {
  version: 20,
  title: 'evidence',
  statements: [
    `create table rollout_evidence (
      rollout text primary key references rollouts (id) on delete cascade,
      changes bigint not null,
      state text not null,
      curve text not null
    )`,
  ],
}
