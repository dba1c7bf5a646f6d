import type { Migration } from './migrations.ts'

/**
 * What the registry's store keeps: objects by the digest of their bytes, the packs that hold their chunks, and who
 * holds which object. `mark`: the collection that last found a row in use.
 */
export const objects: Migration = {
  version: 7,
  title: 'objects',
  statements: [
    `create table objects (
      digest text primary key,
      size bigint not null,
      state text not null,
      whole integer not null,
      pack text,
      layout text,
      tries integer not null,
      problem text,
      created_at bigint not null,
      touched_at bigint not null,
      used_at bigint not null,
      mark bigint not null
    )`,
    "create index objects_to_pack on objects (created_at, digest) where state = 'landed'",
    'create index objects_by_layout on objects (layout, created_at) where layout is not null',
    'create index objects_by_pack on objects (pack) where pack is not null',
    "create index objects_warm on objects (used_at, digest) where state = 'packed' and whole = 1",
    'create index objects_by_touch on objects (touched_at)',

    `create table object_holders (
      project text not null references projects (id) on delete cascade,
      digest text not null references objects (digest) on delete cascade,
      size bigint not null,
      created_at bigint not null,
      mark bigint not null,
      primary key (project, digest)
    )`,
    'create index object_holders_by_digest on object_holders (digest)',
    'create index object_holders_by_size on object_holders (project, size)',

    // position 0: the nearest.
    `create table object_hints (
      digest text not null references objects (digest) on delete cascade,
      position integer not null,
      ancestor text not null,
      primary key (digest, position)
    )`,

    `create table object_quotas (
      project text primary key references projects (id) on delete cascade,
      bytes bigint not null
    )`,

    `create table packs (
      id text primary key,
      size bigint not null,
      created_at bigint not null
    )`,
    `create table chunks (
      digest text primary key,
      pack text not null references packs (id),
      offset bigint not null,
      stored bigint not null,
      length bigint not null,
      encoding text not null,
      base text,
      depth integer not null,
      checksum bigint not null,
      mark bigint not null
    )`,
    'create index chunks_by_pack on chunks (pack)',
    'create index chunks_by_mark on chunks (mark, base)',
  ],
}
