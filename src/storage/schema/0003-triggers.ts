import type { Migration } from './migrations.ts'

/** What starts pipelines beside a push, and secrets with a scope and attributes. */
export const triggers: Migration = {
  version: 3,
  title: 'triggers',
  statements: [
    'alter table projects add column protected_refs text',
    'alter table pushes add column options text',

    // A group's have no project: they stay when one of its projects goes.
    `create table scoped_secrets (
      scope text not null,
      name text not null,
      environment text not null,
      project text references projects (id) on delete cascade,
      sealed text not null,
      kind text not null,
      protected integer not null,
      masked integer not null,
      literal integer not null,
      created_at bigint not null,
      primary key (scope, name, environment)
    )`,
    `insert into scoped_secrets
       (scope, name, environment, project, sealed, kind, protected, masked, literal, created_at)
     select project, name, '*', project, sealed, 'variable', 1, 1, 1, created_at from secrets`,
    'drop table secrets',
    'alter table scoped_secrets rename to secrets',
    'create index secrets_by_project on secrets (project)',

    // pending: the push under which a claimed run starts its pipeline, until that is known to have happened.
    `create table schedules (
      id text primary key,
      project text not null references projects (id) on delete cascade,
      description text not null,
      cron text not null,
      time_zone text not null,
      ref text not null,
      variables text not null,
      inputs text not null,
      owner text not null references principals (id),
      active integer not null,
      next_run_at bigint,
      pending text,
      last_run_at bigint,
      last_outcome text,
      created_at bigint not null
    )`,
    'create index schedules_by_project on schedules (project, created_at, id)',
    'create index schedules_by_next_run on schedules (next_run_at)',

    `create table merge_requests (
      id text primary key,
      project text not null references projects (id) on delete cascade,
      number integer not null,
      title text not null,
      description text not null,
      source text not null,
      target text not null,
      state text not null,
      head text not null,
      author text not null references principals (id),
      needs_success integer not null,
      draft integer not null,
      labels text not null,
      external text,
      merge_commit text,
      created_at bigint not null,
      ended_at bigint,
      unique (project, number),
      unique (project, external)
    )`,
    'create index merge_requests_by_state on merge_requests (state, project, number)',
    'create index pipelines_by_commit on pipelines (project, commit_id)',

    // wanted, done: a synchronisation is due while the one is greater than the other.
    `create table mirrors (
      project text primary key references projects (id) on delete cascade,
      hook text not null unique,
      forge text not null,
      url text not null,
      api_url text,
      credentials text,
      hook_secret text not null,
      statuses integer not null,
      owner text not null references principals (id),
      wanted bigint not null,
      done bigint not null,
      synced_at bigint,
      outcome text,
      created_at bigint not null
    )`,
    `create table deliveries (
      hook text not null references mirrors (hook) on delete cascade,
      delivery text not null,
      digest text not null,
      event text not null,
      received_at bigint not null,
      primary key (hook, delivery)
    )`,
    'create index deliveries_by_time on deliveries (hook, received_at)',
    'create index deliveries_by_digest on deliveries (hook, digest)',
    `create table forge_statuses (
      pipeline text primary key references pipelines (id) on delete cascade,
      project text not null references projects (id) on delete cascade,
      wanted text not null,
      posted text,
      tries integer not null,
      next_try_at bigint,
      problem text
    )`,
    'create index forge_statuses_by_time on forge_statuses (next_try_at)',
    'create index forge_statuses_by_project on forge_statuses (project)',
  ],
}
