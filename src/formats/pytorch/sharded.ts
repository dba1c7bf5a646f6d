import { type ByteSource, CoreError } from '../../core/index.ts'
import { readShardIndex, type ShardIndex } from '../bytes/shard-index.ts'
import type { ModelInput, OpenModel, Reader } from '../ports.ts'
import { parametersOf, tensorMissing } from '../tensors.ts'
import type { FilePart, ModelFile, TensorInfo } from '../types.ts'
import { openPytorchLegacy } from './legacy.ts'
import { fail } from './limits.ts'
import { openPytorch } from './open.ts'

/** A zip archive, which torch.save writes since 1.6. */
const ZIP = [0x50, 0x4b]

/**
 * A model in several files of torch.save, described by `pytorch_model.bin.index.json`. Throws as single files do, and
 * FORMAT_MALFORMED where the index and a shard contradict each other or a shard is missing, FORMAT_PATH for a shard
 * outside the folder.
 */
export const openPytorchShards: Reader = async input => {
  const index = await readShardIndex(input.source, fail)
  const folder = input.path.slice(0, input.path.lastIndexOf('/') + 1)
  const files: FilePart[] = [{ path: input.path, size: input.storedSize }]
  const owners = new Map<string, OpenShard>()
  const shards: OpenShard[] = []
  const tensors: TensorInfo[] = []
  const close = async (): Promise<void> => {
    for (const shard of shards) await shard.close()
  }
  try {
    for (const [name, wanted] of index.shards) {
      const shard = await openShard(input, name, folder + name)
      shards.push(shard)
      files.push({ path: folder + name, size: shard.size })
      for (const tensor of tensorsOf(input, shard.model.file, name, wanted)) {
        owners.set(tensor.name, shard)
        tensors.push(tensor)
      }
    }
  } catch (cause) {
    await close()
    throw cause
  }
  return {
    file: describe(input, index, files, tensors, shards),
    async *readTensor(name, options) {
      const shard = owners.get(name)
      if (!shard) throw tensorMissing(input.source.name, name, owners.keys())
      yield* shard.model.readTensor(name, options)
    },
    close,
  }
}

interface OpenShard {
  readonly model: OpenModel
  readonly size: number
  close(): Promise<void>
}

async function openShard(input: ModelInput, shard: string, path: string): Promise<OpenShard> {
  let source: ByteSource
  try {
    source = await input.tree.open(path)
  } catch (cause) {
    if (!(cause instanceof CoreError) || cause.code !== 'FILE_UNREADABLE') throw cause
    throw fail.malformed(
      { name: input.source.name },
      `the shard '${shard}' could not be opened: ${cause.message}`,
      { hint: 'Fetch all files of the model into one folder.', cause },
    )
  }
  try {
    const head = await source.read(0, Math.min(ZIP.length, source.size))
    const open = ZIP.every((byte, i) => head[i] === byte) ? openPytorch : openPytorchLegacy
    const model = await open({ source, path, storedSize: source.size, wrapper: [], tree: input.tree })
    return {
      model,
      size: source.size,
      async close() {
        await model.close()
        await source.close()
      },
    }
  } catch (cause) {
    await source.close()
    throw cause
  }
}

/** Those of a shard that the index names there. */
function tensorsOf(
  input: ModelInput,
  file: ModelFile,
  shard: string,
  wanted: ReadonlySet<string>,
): readonly TensorInfo[] {
  const found = file.tensors.filter(({ name }) => wanted.has(name))
  if (found.length === wanted.size) return found
  const there = new Set(found.map(({ name }) => name))
  const missing = [...wanted].filter(name => !there.has(name))
  throw fail.malformed(
    { name: input.source.name },
    `'${missing.slice(0, 5).join("', '")}' should be in the shard '${shard}', and ${missing.length} such tensors are not`,
  )
}

function describe(
  input: ModelInput,
  { totalSize }: ShardIndex,
  files: readonly FilePart[],
  tensors: readonly TensorInfo[],
  shards: readonly OpenShard[],
): ModelFile {
  const bytes = tensors.reduce((sum, tensor) => sum + (tensor.bytes ?? 0), 0)
  const first = shards[0]?.model.file
  return {
    format: first?.format ?? 'pytorch',
    ...(first?.formatVersion !== undefined && { formatVersion: first.formatVersion }),
    framework: 'PyTorch',
    what: 'state dict',
    name: input.path,
    size: files.reduce((sum, { size }) => sum + size, 0),
    files,
    tensors,
    parameters: parametersOf(tensors),
    metadata: [],
    notes: [
      'a state dict has no graph',
      ...(totalSize !== undefined && totalSize !== bytes
        ? [`the index says total_size ${totalSize}, and its tensors take ${bytes} bytes`]
        : []),
    ],
  }
}
