import type { Digest, PackId } from '../../../core/index.ts'
import type { ChunkPlace, PackUse } from '../../../registry/ports.ts'
import { ENCODINGS, OBJECT_STATES, type StoredObject } from '../../../registry/types.ts'
import { present, RowReader } from '../row.ts'

/** SQLite takes 32,766 variables in a statement, PostgreSQL 65,535; a chunk's row has ten. */
export const BATCH = 500

export function* batches<Item>(items: readonly Item[], size: number = BATCH): Generator<readonly Item[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size)
}

export function objectOf(row: object): StoredObject {
  const read = new RowReader('objects', row)
  return {
    digest: read.text<Digest>('digest'),
    size: read.number('size'),
    state: read.choice('state', OBJECT_STATES),
    whole: read.flag('whole'),
    tries: read.number('tries'),
    createdAt: read.instant('created_at'),
    touchedAt: read.instant('touched_at'),
    usedAt: read.instant('used_at'),
    ...present({
      pack: read.optional('pack', column => read.text<PackId>(column)),
      layout: read.optional('layout', column => read.text(column)),
      problem: read.optional('problem', column => read.text(column)),
    }),
  }
}

export function placeOf(row: object): ChunkPlace {
  const read = new RowReader('chunks', row)
  return {
    chunk: read.text<Digest>('digest'),
    pack: read.text<PackId>('pack'),
    offset: read.number('offset'),
    stored: read.number('stored'),
    length: read.number('length'),
    encoding: read.choice('encoding', ENCODINGS),
    depth: read.number('depth'),
    checksum: read.number('checksum'),
    ...present({ base: read.optional('base', column => read.text<Digest>(column)) }),
  }
}

export function chunkRow(place: ChunkPlace) {
  return {
    digest: place.chunk,
    pack: place.pack,
    offset: place.offset,
    stored: place.stored,
    length: place.length,
    encoding: place.encoding,
    base: place.base ?? null,
    depth: place.depth,
    checksum: place.checksum,
    mark: 0,
  }
}

export function packUseOf(row: object): PackUse {
  const read = new RowReader('packs', row)
  return {
    id: read.text<PackId>('id'),
    size: read.number('size'),
    createdAt: read.instant('created_at'),
  }
}
