import type { Migration } from './migrations.ts'

/** Requests that stable and a shadow both answered, by gateway process. */
export const pairs: Migration = {
  version: 15,
  title: 'pairs',
  statements: [
    `create table rollout_pairs (
      rollout text not null references rollouts (id) on delete cascade,
      step integer not null,
      epoch text not null,
      pairs bigint not null,
      identical bigint not null,
      agreed bigint not null,
      compared bigint not null,
      primary_errors bigint not null,
      mirror_errors bigint not null,
      dropped bigint not null,
      primary_latency text not null,
      latency text not null,
      primary key (rollout, step, epoch)
    )`,
  ],
}
