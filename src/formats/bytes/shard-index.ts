import type { ByteSource } from '../../core/index.ts'
import type { Failures } from '../errors.ts'
import { parseStrictJson, type StrictJson } from './json.ts'

/** The index of a model of a trillion parameters has some 10 MB. */
const MAX_INDEX_BYTES = 100_000_000
/** Mixtures of experts have some 50,000 tensors. */
const MAX_TENSORS = 200_000
/** A name and a file for each tensor. */
const MAX_VALUES = MAX_TENSORS * 4
const MAX_DEPTH = 8
/** The index of the largest published model names some 200 shards. */
const MAX_SHARDS = 10_000

/** Which file holds which tensors: `{"metadata": {"total_size"}, "weight_map"}`, as Hugging Face's libraries write it. */
export interface ShardIndex {
  /** Names of tensors by shard. */
  readonly shards: ReadonlyMap<string, ReadonlySet<string>>
  readonly totalSize: number | undefined
}

/** Throws `fail.malformed`, `fail.limit`, and `fail.path` for a shard outside the folder. */
export async function readShardIndex(source: ByteSource, fail: Failures): Promise<ShardIndex> {
  const { name, size } = source
  if (size > MAX_INDEX_BYTES)
    throw fail.limit({ name }, `an index of ${size} bytes; the limit is ${MAX_INDEX_BYTES}`)
  const bytes = await source.read(0, size)
  const root = parseStrictJson(bytes, { name, fail, maxDepth: MAX_DEPTH, maxValues: MAX_VALUES })
  const map = root instanceof Map ? root.get('weight_map') : undefined
  if (!(root instanceof Map) || !(map instanceof Map))
    throw fail.malformed({ name }, 'the index has no weight_map')
  if (map.size > MAX_TENSORS) throw fail.limit({ name }, `${map.size} tensors; the limit is ${MAX_TENSORS}`)
  const shards = new Map<string, Set<string>>()
  for (const [tensor, where] of map) {
    const shard = checkShard(name, tensor, where, fail)
    const names = shards.get(shard)
    if (names) names.add(tensor)
    else shards.set(shard, new Set([tensor]))
  }
  if (shards.size > MAX_SHARDS)
    throw fail.limit({ name }, `${shards.size} shards; the limit is ${MAX_SHARDS}`)
  const about = root.get('metadata')
  const total = about instanceof Map ? about.get('total_size') : undefined
  return { shards, totalSize: typeof total === 'number' ? total : undefined }
}

function checkShard(index: string, tensor: string, shard: StrictJson, fail: Failures): string {
  if (typeof shard !== 'string' || shard === '')
    throw fail.malformed({ name: index }, `weight_map names no file for '${tensor.slice(0, 200)}'`)
  const parts = shard.split('/')
  const outside = parts.some(part => part === '' || part === '.' || part === '..')
  if (outside || /[\\\0]|^[A-Za-z][A-Za-z0-9+.-]*:/.test(shard))
    throw fail.path(
      { name: index },
      `weight_map names '${shard.slice(0, 200)}', which is no plain relative path`,
    )
  return shard
}
