import type { Migration } from './migrations.ts'

/**
 * Names of versions, the history of what served where, and how long versions are kept. What is append-only is so for
 * whoever writes to the database: rows go with their project alone.
 */
export const aliases: Migration = {
  version: 8,
  title: 'aliases',
  statements: [
    "alter table versions add column commit_id text not null default ''",
    "update versions set commit_id = json_extract(manifest, '$.commit')",
    'alter table versions add column expired_at bigint',
    'alter table versions add column expired_reason text',
    'create index versions_by_commit on versions (model, commit_id)',
    'create index versions_by_time on versions (model, created_at, id)',
    'alter table version_records add column origin text',
    'alter table rollout_changes add column decision text',

    `create table aliases (
      model text not null references models (name) on delete cascade,
      name text not null,
      project text not null references projects (id) on delete cascade,
      version text not null references versions (id),
      protected integer not null,
      moved_at bigint not null,
      moved_by text not null,
      primary key (model, name)
    )`,
    'create index aliases_by_project on aliases (project)',
    'create index aliases_by_version on aliases (version)',

    `create table moves (
      id text primary key,
      project text not null references projects (id) on delete cascade,
      model text not null,
      place_kind text not null,
      place text not null,
      event text not null,
      version text not null references versions (id),
      before_version text references versions (id),
      weight double precision,
      at bigint not null,
      asked_by text not null,
      decision text not null,
      rollout text references rollouts (id),
      rollback integer not null,
      analysis text,
      reason text not null
    )`,
    'create index moves_by_model on moves (model, at, id)',
    'create index moves_by_project on moves (project)',
    'create index moves_by_version on moves (version, at, id)',
    'create index moves_by_before_version on moves (before_version)',
    'create index moves_by_rollout on moves (rollout)',
    // What rollouts did before there was this history. Who decided was not kept: their reasons tell.
    `insert into moves
      select 'mov_' || substr(c.rollout, 5) || '-' || c.position, r.project, r.model, 'environment', r.environment,
        case c.phase when 'promoted' then 'served' when 'aborted' then 'aborted' else 'canary' end,
        r.candidate, r.stable,
        case c.phase when 'promoted' then null when 'aborted' then 0 else c.weight end,
        c.at, r.asked_by,
        case when c.phase = 'progressing' or c.reason like 'The replicas did not hold%' or c.reason like 'Promoted at once%'
          then '{"kind":"checks"}'
          when c.reason like 'Promoted by %' or c.reason like 'Aborted by %'
          then json_object('kind', 'person', 'by', r.asked_by)
          else '{"kind":"analysis"}' end,
        c.rollout, r.job is null, c.analysis, c.reason
      from rollout_changes c join rollouts r on r.id = c.rollout
      where c.phase in ('promoted', 'aborted') or (c.phase = 'progressing' and c.step = 0)`,

    `create table retention (
      project text not null references projects (id) on delete cascade,
      model text not null,
      rules text not null,
      set_at bigint not null,
      set_by text not null,
      primary key (project, model)
    )`,

    `create trigger moves_stay before update on moves
      begin select raise(abort, 'the history is append-only'); end`,
    `create trigger moves_are_kept before delete on moves when exists (select 1 from projects where id = old.project)
      begin select raise(abort, 'the history is append-only'); end`,
    `create trigger records_stay before update on version_records
      begin select raise(abort, 'records are append-only'); end`,
    `create trigger records_are_kept before delete on version_records
      when exists (select 1 from versions where id = old.version)
      begin select raise(abort, 'records are append-only'); end`,
    `create trigger versions_stay before update of id, project, model, number, digest, manifest, job, created_at, commit_id
      on versions begin select raise(abort, 'versions are immutable'); end`,
    `create trigger versions_are_kept before delete on versions
      when exists (select 1 from projects where id = old.project)
      begin select raise(abort, 'versions are immutable'); end`,
  ],
}
