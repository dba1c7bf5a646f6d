import type { ByteSource } from '../../../core/index.ts'
import { blockReader } from '../../flatbuffers/blocks.ts'
import type { ModelInput } from '../../ports.ts'
import type { FilePart } from '../../types.ts'
import type { TensorflowFailures } from '../failures.ts'
import { piecesOf } from '../pieces.ts'
import type { StoredTensor } from '../tensors.ts'
import { shownText } from '../text.ts'
import { joinedFiles } from './joined.ts'
import type { Weight, WeightGroup } from './manifest.ts'

export interface Weights {
  readonly tensors: readonly StoredTensor[]
  readonly files: readonly FilePart[]
  close(): Promise<void>
}

/** Opens all groups; the files of each must hold its weights, to the byte. */
export async function openWeights(
  input: ModelInput,
  groups: readonly WeightGroup[],
  fail: TensorflowFailures,
): Promise<Weights> {
  const folder = input.path.includes('/') ? input.path.slice(0, input.path.lastIndexOf('/') + 1) : ''
  const sources: ByteSource[] = []
  const tensors: StoredTensor[] = []
  const files: FilePart[] = []
  const close = async () => {
    for (const source of sources.splice(0)) await source.close()
  }
  try {
    for (const group of groups) {
      const paths = group.paths.map(path => folder + path)
      const source = await joinedFiles(input.tree, paths, `the weights of ${input.source.name}`)
      sources.push(source)
      for (const [i, path] of paths.entries()) files.push({ path, size: source.sizes[i]! })
      await layOut(source, group, tensors, fail)
    }
  } catch (cause) {
    await close()
    throw cause
  }
  return { tensors, files, close }
}

async function layOut(
  source: ByteSource,
  { weights, paths }: WeightGroup,
  tensors: StoredTensor[],
  fail: TensorflowFailures,
): Promise<void> {
  let at = 0
  for (const weight of weights) {
    const place = { name: `${source.name}, weight '${weight.name}'`, offset: at }
    const end =
      weight.itemBytes === undefined
        ? await endOfTexts(source, at, weight, place, fail)
        : at + weight.elements * weight.itemBytes
    if (end > source.size)
      throw fail.truncated(
        place,
        `it needs ${end - at} bytes, and ${source.size - at} are left in ${paths.join(', ')}`,
      )
    tensors.push(tensorOf(source, weight, at, end))
    at = end
  }
  if (at !== source.size)
    throw fail.malformed(
      { name: source.name, offset: at },
      `the weights end here, and their files have ${source.size} bytes`,
    )
}

function tensorOf(source: ByteSource, weight: Weight, start: number, end: number): StoredTensor {
  const { name, dtype, shape, elements, itemBytes, quantization, optimizer } = weight
  const info = {
    name,
    dtype,
    shape,
    elements,
    ...(itemBytes !== undefined && { bytes: end - start }),
    ...(quantization && { quantization }),
    ...(optimizer && { role: 'optimizer' as const }),
  }
  if (itemBytes !== undefined) {
    const range = { start, end }
    return { info, bytes: () => piecesOf(source, range, itemBytes), place: async () => range }
  }
  return { info, text: () => texts(source, start, elements) }
}

/** Text elements: the length of each as uint32, then its bytes. */
async function endOfTexts(
  source: ByteSource,
  start: number,
  { elements }: Weight,
  place: { name: string; offset: number },
  fail: TensorflowFailures,
): Promise<number> {
  const read = blockReader(source)
  let at = start
  if (elements > (source.size - start) / 4) throw fail.truncated(place, `${elements} texts do not fit`)
  for (let i = 0; i < elements; i++) {
    if (at + 4 > source.size) throw fail.truncated(place, `text ${i} of ${elements} is cut off`)
    at += 4 + (await lengthAt(read, at))
  }
  return at
}

async function* texts(source: ByteSource, start: number, elements: number): AsyncGenerator<string, void> {
  const read = blockReader(source)
  let at = start
  for (let i = 0; i < elements; i++) {
    const length = await lengthAt(read, at)
    yield shownText(await read(at + 4, length))
    at += 4 + length
  }
}

async function lengthAt(read: ReturnType<typeof blockReader>, at: number): Promise<number> {
  const bytes = await read(at, 4)
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true)
}
