import type { Migration } from './migrations.ts'

/** Git LFS: which project received the bytes of which object, and who holds which file. */
export const lfs: Migration = {
  version: 9,
  title: 'lfs',
  statements: [
    `create table object_grants (
      project text not null references projects (id) on delete cascade,
      digest text not null,
      size bigint not null,
      principal text not null references principals (id),
      granted_at bigint not null,
      primary key (project, digest)
    )`,
    'create index object_grants_by_digest on object_grants (digest)',
    `create table lfs_locks (
      id text primary key,
      project text not null references projects (id) on delete cascade,
      path text not null,
      principal text not null references principals (id),
      locked_at bigint not null,
      unique (project, path)
    )`,
    'create index lfs_locks_in_order on lfs_locks (project, id)',
  ],
}
