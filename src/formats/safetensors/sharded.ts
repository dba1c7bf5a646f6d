import { type ByteSource, CoreError } from '../../core/index.ts'
import { readShardIndex, type ShardIndex } from '../bytes/shard-index.ts'
import type { FormatsError } from '../errors.ts'
import type { ModelInput, OpenModel } from '../ports.ts'
import { tensorMissing } from '../tensors.ts'
import type { FilePart } from '../types.ts'
import { describe, readPlaced } from './describe.ts'
import { type Placed, readHeader } from './header.ts'
import { fail } from './limits.ts'

interface Located extends Placed {
  /** Path in the input's tree. */
  readonly shard: string
}

/**
 * A model in several safetensors files, described by one index: `{"metadata": {"total_size"}, "weight_map"}`. Only
 * one shard is open at a time. Throws as single files do, and FORMAT_MALFORMED where the index and a shard
 * contradict each other or a shard is missing, FORMAT_PATH for a shard outside the folder.
 */
export async function openSharded(input: ModelInput): Promise<OpenModel> {
  const index = await readShardIndex(input.source, fail)
  const folder = input.path.includes('/') ? input.path.slice(0, input.path.lastIndexOf('/') + 1) : ''
  const files: FilePart[] = [{ path: input.path, size: input.storedSize }]
  const tensors = new Map<string, Located>()
  const metadata = new Map<string, string>()
  const extra: string[] = []
  for (const [shard, names] of index.shards) {
    const path = folder + shard
    const { header, size } = await openShard(input, shard, path)
    files.push({ path, size })
    for (const [key, value] of header.metadata) if (!metadata.has(key)) metadata.set(key, value)
    const found = new Set(header.tensors.map(({ name }) => name))
    const missing = [...names].filter(name => !found.has(name))
    if (missing.length > 0) throw absent(input.source.name, shard, missing)
    for (const tensor of header.tensors) {
      if (names.has(tensor.name)) tensors.set(tensor.name, { ...tensor, shard: path })
      else extra.push(`${tensor.name} in ${shard}`)
    }
  }
  const located = [...tensors.values()]
  const notes = notesOf(index, located, extra)
  /** Shards that are being read, also by readings that nobody ended. */
  const open = new Set<ByteSource>()
  return {
    file: describe(input, files, { tensors: located, metadata }, notes),
    async *readTensor(name, options) {
      const tensor = tensors.get(name)
      if (!tensor) throw tensorMissing(input.source.name, name, tensors.keys())
      const source = await input.tree.open(tensor.shard)
      open.add(source)
      try {
        yield* readPlaced(source, tensor, options)
      } finally {
        open.delete(source)
        await source.close()
      }
    },
    async close() {
      for (const source of open) await source.close()
      open.clear()
    },
  }
}

async function openShard(input: ModelInput, shard: string, path: string) {
  let source: ByteSource
  try {
    source = await input.tree.open(path)
  } catch (cause) {
    if (!(cause instanceof CoreError) || cause.code !== 'FILE_UNREADABLE') throw cause
    throw fail.malformed(
      { name: input.source.name },
      `the shard '${shard}' could not be opened: ${cause.message}`,
      {
        hint: 'Fetch all files of the model into one folder.',
        cause,
      },
    )
  }
  try {
    return { header: await readHeader(source), size: source.size }
  } finally {
    await source.close()
  }
}

function absent(file: string, shard: string, missing: readonly string[]): FormatsError {
  const names = missing.slice(0, 5).join("', '")
  return fail.malformed(
    { name: file },
    `'${names}' should be in the shard '${shard}', and ${missing.length} such tensors are not`,
  )
}

function notesOf({ totalSize }: ShardIndex, tensors: readonly Located[], extra: readonly string[]): string[] {
  const notes: string[] = []
  const bytes = tensors.reduce((sum, tensor) => sum + tensor.bytes, 0)
  if (totalSize !== undefined && totalSize !== bytes)
    notes.push(`the index says total_size ${totalSize}, and its tensors take ${bytes} bytes`)
  if (extra.length > 0) {
    const some = extra.slice(0, 10).join(', ')
    notes.push(`tensors in shards that the index does not name there, and that are not read: ${some}`)
  }
  return notes
}
