import type { Migration } from './migrations.ts'

/** What jobs' scripts deliver: environments and releases; and the keys of their identity tokens. */
export const delivery: Migration = {
  version: 5,
  title: 'delivery',
  statements: [
    `create table environments (
      id text primary key,
      project text not null references projects (id) on delete cascade,
      name text not null,
      slug text not null,
      tier text not null,
      url text,
      state text not null,
      ref text not null,
      stop_job text,
      auto_stop_at bigint,
      reason text,
      stop_asked integer not null,
      deployment text,
      revision integer not null,
      created_at bigint not null,
      updated_at bigint not null,
      unique (project, name)
    )`,
    'create index environments_by_ref on environments (project, ref)',
    'create index environments_by_state on environments (state, auto_stop_at)',
    `create table environment_deployments (
      id text primary key,
      environment text not null references environments (id) on delete cascade,
      attempt text not null unique,
      job text not null references jobs (id) on delete cascade,
      pipeline text not null references pipelines (id) on delete cascade,
      commit_id text not null,
      ref text not null,
      principal text not null references principals (id),
      state text not null,
      created_at bigint not null
    )`,
    'create index environment_deployments_by_time on environment_deployments (environment, created_at, id)',
    'create index environment_deployments_by_job on environment_deployments (job)',
    'create index environment_deployments_by_pipeline on environment_deployments (pipeline)',

    // Jobs whose script has succeeded, while what is to be made of it is not.
    `create table held_jobs (
      job text primary key references jobs (id) on delete cascade,
      attempt text not null,
      result text,
      created_at bigint not null
    )`,
    `create table releases (
      id text primary key,
      project text not null references projects (id) on delete cascade,
      tag text not null,
      commit_id text not null,
      name text not null,
      description text not null,
      milestones text not null,
      links text not null,
      released_at bigint not null,
      created_at bigint not null,
      principal text not null references principals (id),
      pipeline text not null references pipelines (id) on delete cascade,
      job text not null references jobs (id) on delete cascade,
      made_tag integer not null,
      state text not null,
      unique (project, tag)
    )`,
    'create index releases_by_project on releases (project, state, id)',
    'create index releases_by_pipeline on releases (pipeline)',
    'create index releases_by_job on releases (job)',

    `create table signing_keys (
      id text primary key,
      public_key text not null,
      sealed text not null,
      created_at bigint not null,
      retired_at bigint
    )`,
    // Two servers that make one at the same moment make one.
    'create unique index signing_keys_in_use on signing_keys ((coalesce(retired_at, 0))) where retired_at is null',
  ],
}
