import type { Migration } from './migrations.ts'

/** What feedback says of an experiment's arms, by the ledger of a gateway. */
export const outcomes: Migration = {
  version: 21,
  title: 'outcomes',
  statements: [
    `create table rollout_outcomes (
      rollout text not null references rollouts (id) on delete cascade,
      step integer not null,
      ledger text not null,
      arm text not null,
      counted bigint not null,
      rewards text not null,
      correct text not null,
      primary key (rollout, step, ledger, arm)
    )`,
  ],
}
