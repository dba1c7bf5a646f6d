import type { Migration } from './migrations.ts'

/** Decisions about rollouts as signed records, each naming the one before it; keys by what they sign. */
export const records: Migration = {
  version: 18,
  title: 'records',
  statements: [
    `create table rollout_records (
      rollout text not null references rollouts (id) on delete cascade,
      sequence integer not null,
      payload text not null,
      signing_key text,
      signature text,
      unsigned text,
      primary key (rollout, sequence)
    )`,
    'create index rollout_records_unsigned on rollout_records (rollout, sequence) where signature is null',
    "alter table signing_keys add column purpose text not null default 'identity'",
    'drop index signing_keys_in_use',
    'create unique index signing_keys_in_use on signing_keys (purpose) where retired_at is null',
  ],
}
