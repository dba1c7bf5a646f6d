import type { Migration } from './migrations.ts'

/**
 * Written so that SQLite and PostgreSQL both take it: ids and JSON are text, instants bigint (ms since 1970),
 * booleans integer. What belongs to a project goes with it; provenance (`job` of a version, a record or a
 * rollout) is a name, not a reference: it outlives the job.
 */
export const begin: Migration = {
  version: 1,
  title: 'begin',
  statements: [
    `create table principals (
      id text primary key,
      name text not null unique,
      kind text not null,
      admin integer not null,
      created_at bigint not null
    )`,
    `create table projects (
      id text primary key,
      name text not null unique,
      default_branch text not null,
      created_at bigint not null
    )`,
    `create table roles (
      principal text not null references principals (id) on delete cascade,
      project text not null references projects (id) on delete cascade,
      role text not null,
      primary key (principal, project)
    )`,
    'create index roles_by_project on roles (project)',
    // A token that was bound to a project ends with it: it must never become one without bounds.
    `create table tokens (
      id text primary key,
      principal text not null references principals (id) on delete cascade,
      name text not null,
      hash text not null unique,
      scopes text not null,
      project text references projects (id) on delete cascade,
      created_at bigint not null,
      expires_at bigint,
      revoked_at bigint,
      last_used_at bigint
    )`,
    'create index tokens_by_principal on tokens (principal, created_at)',
    'create index tokens_by_project on tokens (project)',
    `create table policies (
      project text not null references projects (id) on delete cascade,
      environment text not null,
      branches text not null,
      approvers text,
      gates text not null,
      max_first_step double precision not null,
      predictions text not null,
      primary key (project, environment)
    )`,
    // Sealed by a key that is not in the database.
    `create table secrets (
      project text not null references projects (id) on delete cascade,
      name text not null,
      sealed text not null,
      created_at bigint not null,
      primary key (project, name)
    )`,

    `create table pushes (
      id text primary key,
      project text not null references projects (id) on delete cascade,
      principal text not null references principals (id),
      state text not null,
      changes text not null,
      created_at bigint not null
    )`,
    'create index pushes_by_state on pushes (state, created_at)',
    'create index pushes_by_project on pushes (project)',
    `create table pipelines (
      id text primary key,
      project text not null references projects (id) on delete cascade,
      number integer not null,
      commit_id text not null,
      ref text not null,
      title text not null,
      push text references pushes (id) on delete cascade,
      principal text not null references principals (id),
      state text not null,
      config text not null,
      problems text not null,
      created_at bigint not null,
      ended_at bigint,
      unique (project, number),
      unique (push, ref)
    )`,
    'create index pipelines_by_time on pipelines (created_at, id)',
    'create index pipelines_by_project on pipelines (project, created_at, id)',
    'create index pipelines_by_state on pipelines (state, created_at, id)',
    `create table jobs (
      id text primary key,
      pipeline text not null references pipelines (id) on delete cascade,
      position integer not null,
      plan text not null,
      state text not null,
      reason text,
      result text,
      started_at bigint,
      ended_at bigint,
      unique (pipeline, position)
    )`,
    'create index jobs_by_state on jobs (state, pipeline, position)',
    `create table attempts (
      id text primary key,
      job text not null references jobs (id) on delete cascade,
      number integer not null,
      state text not null,
      runner text not null,
      fence bigint not null,
      lease_until bigint not null,
      token_hash text not null unique,
      exit_code integer,
      reason text,
      artifacts text not null,
      sandboxed integer not null,
      log_bytes bigint not null,
      created_at bigint not null,
      started_at bigint,
      ended_at bigint,
      unique (job, number)
    )`,
    'create index attempts_by_state on attempts (state, created_at, id)',

    `create table models (
      name text primary key,
      project text not null references projects (id) on delete cascade
    )`,
    'create index models_by_project on models (project)',
    `create table versions (
      id text primary key,
      project text not null references projects (id) on delete cascade,
      model text not null references models (name) on delete cascade,
      number integer not null,
      digest text not null,
      manifest text not null,
      job text,
      created_at bigint not null,
      unique (model, number),
      unique (model, digest)
    )`,
    'create index versions_by_project on versions (project)',
    `create table version_records (
      id text primary key,
      version text not null references versions (id) on delete cascade,
      kind text not null,
      body text not null,
      job text,
      created_at bigint not null
    )`,
    'create index version_records_by_version on version_records (version, created_at, id)',

    `create table rollouts (
      id text primary key,
      project text not null references projects (id) on delete cascade,
      model text not null,
      environment text not null,
      candidate text not null references versions (id),
      stable text references versions (id),
      strategy text not null,
      phase text not null,
      step integer not null,
      weight double precision not null,
      created_at bigint not null,
      step_started_at bigint not null,
      ended_at bigint,
      reason text,
      job text,
      asked_by text not null,
      revision integer not null
    )`,
    'create index rollouts_by_phase on rollouts (phase, created_at, id)',
    'create index rollouts_by_model on rollouts (model, created_at, id)',
    'create index rollouts_by_job on rollouts (job, created_at, id)',
    'create index rollouts_by_project on rollouts (project)',
    'create index rollouts_by_candidate on rollouts (candidate)',
    'create index rollouts_by_stable on rollouts (stable)',
    `create table rollout_changes (
      rollout text not null references rollouts (id) on delete cascade,
      position integer not null,
      at bigint not null,
      phase text not null,
      step integer not null,
      weight double precision not null,
      reason text not null,
      analysis text,
      primary key (rollout, position)
    )`,
    `create table rollout_counts (
      rollout text not null references rollouts (id) on delete cascade,
      step integer not null,
      epoch text not null,
      arm text not null,
      requests bigint not null,
      errors bigint not null,
      latency text not null,
      primary key (rollout, step, epoch, arm)
    )`,
    `create table deployments (
      model text not null,
      environment text not null,
      project text not null references projects (id) on delete cascade,
      stable text not null references versions (id),
      previous text references versions (id),
      since bigint not null,
      primary key (model, environment)
    )`,
    'create index deployments_by_project on deployments (project)',
    'create index deployments_by_stable on deployments (stable)',
    'create index deployments_by_previous on deployments (previous)',

    `create table counters (
      name text primary key,
      value bigint not null
    )`,
    `create table settings (
      name text primary key,
      value text not null
    )`,
  ],
}
