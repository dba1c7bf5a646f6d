import type { ByteSource } from '../../core/index.ts'
import { readStrided } from '../bytes/strided.ts'
import type { ModelInput, ReadOptions } from '../ports.ts'
import { metadataEntry, parametersOf } from '../tensors.ts'
import type { FilePart, ModelFile, TensorInfo } from '../types.ts'
import type { Placed, SafetensorsHeader } from './header.ts'
import { fail } from './limits.ts'

/** What `__metadata__.format` says of who wrote a file. */
const FRAMEWORKS: ReadonlyMap<string, string> = new Map([
  ['pt', 'PyTorch'],
  ['tf', 'TensorFlow'],
  ['flax', 'Flax'],
  ['np', 'NumPy'],
  ['mlx', 'MLX'],
  ['paddle', 'PaddlePaddle'],
])

export function describe(
  input: ModelInput,
  files: readonly FilePart[],
  { tensors, metadata }: SafetensorsHeader,
  notes: string[],
): ModelFile {
  const infos = tensors.map(infoOf)
  const framework = FRAMEWORKS.get(metadata.get('format') ?? '')
  const entries = Array.from(metadata, ([key, value]) => metadataEntry(key, value, notes))
  return {
    format: 'safetensors',
    ...(framework && { framework }),
    name: input.path,
    size: files.reduce((sum, { size }) => sum + size, 0),
    files,
    ...(input.wrapper.length > 0 && { wrapper: input.wrapper }),
    tensors: infos,
    parameters: parametersOf(infos),
    metadata: entries,
    notes: ['safetensors hold weights; they have no graph', ...notes],
  }
}

function infoOf({ name, dtype, shape, elements, bytes }: Placed): TensorInfo {
  return { name, dtype: dtype.dtype, shape, elements, bytes }
}

/** Elements of less than a byte come by whole bytes: four of six bits are three. */
export function readPlaced(
  source: ByteSource,
  tensor: Placed,
  options?: ReadOptions,
): AsyncGenerator<Uint8Array, void> {
  const { bits } = tensor.dtype
  const itemBytes = bits === 6 ? 3 : Math.max(1, bits / 8)
  const view = { offset: tensor.offset, shape: [tensor.bytes / itemBytes], strides: [1], itemBytes }
  return readStrided(source, view, fail, options?.buffer)
}
