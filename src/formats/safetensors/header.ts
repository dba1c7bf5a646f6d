import { type ByteSource, elementCount } from '../../core/index.ts'
import { parseStrictJson, type StrictJson } from '../bytes/json.ts'
import { MAX_AXES } from '../bytes/strided.ts'
import { dtypeNamed, type SafetensorsDtype } from './dtypes.ts'
import { fail, MAX_DEPTH, MAX_HEADER_BYTES, MAX_TENSORS, MAX_VALUES } from './limits.ts'

export interface Placed {
  readonly name: string
  readonly dtype: SafetensorsDtype
  readonly shape: readonly number[]
  readonly elements: number
  /** From the start of the file. */
  readonly offset: number
  readonly bytes: number
}

export interface SafetensorsHeader {
  /** In the order of the file. */
  readonly tensors: readonly Placed[]
  readonly metadata: ReadonlyMap<string, string>
}

/**
 * The header of a safetensors file: a u64 length, JSON, then the tensors one right behind the other up to the end
 * of the file: as the reference implementation, this proves that no byte belongs to two tensors or to none.
 * Throws FORMAT_TRUNCATED, FORMAT_MALFORMED or FORMAT_LIMIT.
 */
export async function readHeader(source: ByteSource): Promise<SafetensorsHeader> {
  const { name, size } = source
  if (size < 8)
    throw fail.truncated({ name, offset: 0 }, `the header's length takes 8 bytes, and there are ${size}`)
  const head = await source.read(0, 8)
  const length = new DataView(head.buffer, head.byteOffset, 8).getBigUint64(0, true)
  if (length > BigInt(MAX_HEADER_BYTES))
    throw fail.limit({ name, offset: 0 }, `a header of ${length} bytes; the limit is ${MAX_HEADER_BYTES}`)
  if (8 + Number(length) > size)
    throw fail.truncated(
      { name, offset: 8 },
      `the header takes ${length} bytes, and the file ends at ${size}`,
    )
  const json = await source.read(8, Number(length))
  const root = parseStrictJson(json, { name, offset: 8, fail, maxDepth: MAX_DEPTH, maxValues: MAX_VALUES })
  if (!(root instanceof Map)) throw fail.malformed({ name, offset: 8 }, 'the header is no JSON object')
  const start = 8 + Number(length)
  const tensors: Placed[] = []
  for (const [key, value] of root)
    if (key !== '__metadata__') tensors.push(readEntry(name, key, value, start))
  if (tensors.length > MAX_TENSORS)
    throw fail.limit({ name }, `${tensors.length} tensors; the limit is ${MAX_TENSORS}`)
  tensors.sort((a, b) => a.offset - b.offset || a.bytes - b.bytes)
  checkCoverage(source, tensors, start)
  return { tensors, metadata: readMetadata(name, root.get('__metadata__')) }
}

function readEntry(file: string, name: string, value: StrictJson, start: number): Placed {
  const place = { name: file }
  const what = `the tensor '${name.slice(0, 200)}'`
  if (!(value instanceof Map)) throw fail.malformed(place, `${what} is no JSON object`)
  const [stated, sizes, offsets] = [value.get('dtype'), value.get('shape'), value.get('data_offsets')]
  const dtype = typeof stated === 'string' ? dtypeNamed(stated) : undefined
  if (!dtype) {
    const found = typeof stated === 'string' ? `'${stated.slice(0, 40)}'` : 'none that is text'
    throw fail.malformed(place, `${what} needs a dtype of safetensors 0.8, and has ${found}`)
  }
  const shape = sizesOf(sizes)
  if (!shape) throw fail.malformed(place, `${what} needs a shape of whole numbers below 2^53`)
  if (shape.length > MAX_AXES)
    throw fail.limit(place, `${what} has ${shape.length} axes; the limit is ${MAX_AXES}`)
  const [begin, end, ...more] = sizesOf(offsets) ?? []
  if (begin === undefined || end === undefined || more.length > 0 || end < begin)
    throw fail.malformed(place, `${what} needs two data_offsets, the first not above the second`)
  const elements = elementCount(shape)
  const bits = elements * dtype.bits
  if (!Number.isSafeInteger(bits))
    throw fail.malformed(place, `${what}, [${shape.join(', ')}], is beyond any file`)
  if (bits % 8 !== 0) throw fail.malformed(place, `${what} ends within a byte`)
  if (bits / 8 !== end - begin) {
    throw fail.malformed(
      place,
      `${what}, ${dtype.name} [${shape.join(', ')}], takes ${bits / 8} bytes, and data_offsets give it ${end - begin}`,
    )
  }
  return { name, dtype, shape, elements, offset: start + begin, bytes: end - begin }
}

function sizesOf(value: StrictJson | undefined): readonly number[] | undefined {
  if (!Array.isArray(value)) return undefined
  const sizes = value.filter((size): size is number => Number.isSafeInteger(size) && Number(size) >= 0)
  return sizes.length === value.length ? sizes : undefined
}

function checkCoverage({ name, size }: ByteSource, tensors: readonly Placed[], start: number): void {
  let at = start
  for (const tensor of tensors) {
    if (tensor.offset !== at) {
      const why = tensor.offset > at ? 'leaves a gap before it' : 'shares bytes with the one before it'
      throw fail.malformed(
        { name, offset: tensor.offset },
        `the tensor '${tensor.name.slice(0, 200)}' ${why}: it should begin at ${at}`,
      )
    }
    at += tensor.bytes
  }
  if (at > size)
    throw fail.truncated({ name, offset: size }, `the tensors reach to ${at}, and the file ends at ${size}`)
  if (at < size)
    throw fail.malformed({ name, offset: at }, `the tensors end at ${at}, and the file has ${size} bytes`)
}

function readMetadata(name: string, value: StrictJson | undefined): ReadonlyMap<string, string> {
  const entries = new Map<string, string>()
  if (value === undefined || value === null) return entries
  if (!(value instanceof Map)) throw fail.malformed({ name }, '__metadata__ is no JSON object')
  for (const [key, text] of value) {
    if (typeof text !== 'string')
      throw fail.malformed({ name }, `__metadata__ holds texts, and '${key.slice(0, 80)}' is none`)
    entries.set(key, text)
  }
  return entries
}
