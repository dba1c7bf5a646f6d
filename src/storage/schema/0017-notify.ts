import type { Migration } from './migrations.ts'

/** Where news of projects go, what waits to be told there, and which branches are known to be broken. */
export const notify: Migration = {
  version: 17,
  title: 'notify',
  statements: [
    // target: sealed. failures, next_try_at: one that takes nothing is left alone for a while.
    `create table channels (
      id text primary key,
      project text not null references projects (id) on delete cascade,
      name text not null,
      kind text not null,
      news text not null,
      environments text not null,
      language text not null,
      held_after bigint,
      shown text not null,
      target text not null,
      active integer not null,
      failures integer not null,
      next_try_at bigint not null,
      created_at bigint not null,
      unique (project, name)
    )`,
    // position: the order in which a channel is told. occasion: what it is told of once.
    `create table notices (
      id text primary key,
      channel text not null references channels (id) on delete cascade,
      position integer not null,
      news text not null,
      at bigint not null,
      occasion text,
      state text not null,
      tries integer not null,
      tried_at bigint,
      status integer,
      problem text,
      unique (channel, position),
      unique (channel, occasion)
    )`,
    'create index notices_by_state on notices (state, channel, position)',
    `create table broken_branches (
      project text not null references projects (id) on delete cascade,
      ref text not null,
      pipeline text not null,
      since bigint not null,
      primary key (project, ref)
    )`,
  ],
}
