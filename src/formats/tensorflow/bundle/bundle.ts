import type { ByteSource } from '../../../core/index.ts'
import { Wire } from '../../protobuf/wire.ts'
import type { TensorflowFailures } from '../failures.ts'
import { MAX_TENSORS } from '../limits.ts'
import { type BundleEntry, type BundleHeader, readEntry, readHeader } from './entry.ts'
import { tableEntries } from './table.ts'

/** The index of a checkpoint: where each tensor lies. */
export interface BundleIndex {
  readonly header: BundleHeader
  /** By checkpoint key, in its order. */
  readonly entries: ReadonlyMap<string, BundleEntry>
  /** Parts of tensors, by `sliceKey`. */
  readonly parts: ReadonlyMap<string, BundleEntry>
}

/** Parts of tensors have keys that begin so; tensors themselves never do. */
const PART = 0

/** Reads `variables.index` or `ckpt-1.index`: the header under the empty key, then an entry for each tensor. */
export async function readBundleIndex(source: ByteSource, fail: TensorflowFailures): Promise<BundleIndex> {
  let header: BundleHeader | undefined
  const entries = new Map<string, BundleEntry>()
  const parts = new Map<string, BundleEntry>()
  let wire: Wire | undefined
  for await (const { key, value, block } of tableEntries(source, fail)) {
    const place = { name: block.name, offset: value.start }
    if (!header) {
      if (key.length > 0) throw fail.malformed(place, 'the first entry is no header of a checkpoint')
      header = await readHeader(block, value, fail)
      continue
    }
    if (wire?.source !== block) wire = new Wire(block, fail.wire)
    const entry = await readEntry(wire, value, fail)
    if (entry.shard >= header.shards)
      throw fail.malformed(place, `a tensor lies in data file ${entry.shard} of ${header.shards}`)
    if (key[0] === PART) parts.set(Buffer.from(key).toString('latin1'), entry)
    else entries.set(Buffer.from(key).toString(), entry)
    if (entries.size + parts.size > MAX_TENSORS)
      throw fail.limit(place, `more than ${MAX_TENSORS} tensors and parts of them`)
  }
  if (!header) throw fail.malformed({ name: source.name }, 'the index is empty, without even a header')
  return { header, entries, parts }
}
