import type { Migration } from './migrations.ts'

/**
 * What pipelines of other occasions than a push, and jobs of other dialects than ballast.yaml, have besides. Old
 * rows have none of it: their columns are null.
 */
export const engine: Migration = {
  version: 2,
  title: 'engine',
  statements: [
    // trigger_facts: `trigger` is a word of SQL. root: the pipeline at the top of the line of parents.
    'alter table pipelines add column trigger_facts text',
    'alter table pipelines add column outline text',
    'alter table pipelines add column parent text',
    'alter table pipelines add column root text',
    'create index pipelines_by_parent on pipelines (parent, created_at, id)',
    'create index pipelines_by_root on pipelines (root)',
    'create index pipelines_by_ref on pipelines (project, ref, state, created_at, id)',

    'alter table jobs add column due_at bigint',
    'alter table jobs add column forgiven integer',
    'alter table jobs add column variables text',
    'alter table jobs add column resource_group text',
    'create index jobs_by_due on jobs (due_at) where due_at is not null',
    'create index jobs_by_group on jobs (resource_group, state) where resource_group is not null',

    'alter table attempts add column cause text',
    'alter table attempts add column reports text',
    'alter table attempts add column runner_labels text',
    'alter table attempts add column keep_until bigint',
    'create index attempts_by_keep on attempts (keep_until) where keep_until is not null',
  ],
}
