import { type ByteSource, elementCount } from '../../core/index.ts'
import { checkView, cStrides, readStrided, type StridedView } from '../bytes/strided.ts'
import type { ReadOptions } from '../ports.ts'
import { bitsOf } from '../tensors.ts'
import type { TorchDtype } from './dtypes.ts'
import { fail } from './limits.ts'
import type { StridedTensor, TorchStorage } from './rebuild.ts'

/** Where the bytes of storages are: entries of an archive, or behind the pickle of a legacy file. */
export interface Backing {
  readonly bigEndian: boolean
  /** Bytes of a storage; undefined where the file lacks it. */
  sizeOf(storage: TorchStorage): number | undefined
  /** Whether a storage's bytes stand in the file as they are. */
  isPlain(storage: TorchStorage): boolean
  open(storage: TorchStorage): Promise<ByteSource>
}

/** Shape in numbers: torch does not count those that share an element. */
export function logicalShape({ pairs }: TorchDtype, shape: readonly number[]): readonly number[] {
  if (!pairs) return shape
  return shape.length === 0 ? [2] : shape.map((size, i) => (i === shape.length - 1 ? size * 2 : size))
}

/** Bytes of a tensor's elements in C order. */
export function byteLength({ itemBytes, perByte }: TorchDtype, shape: readonly number[]): number {
  const elements = elementCount(shape)
  return perByte ? Math.ceil(elements / perByte) : elements * itemBytes
}

export function isContiguous({ shape, strides }: Pick<StridedTensor, 'shape' | 'strides'>): boolean {
  const plain = cStrides(shape)
  return shape.every((size, axis) => size === 1 || strides[axis] === plain[axis]) || shape.includes(0)
}

/** Whether the elements lie one behind the other, in any order of the axes: channels last, transposed. */
function isDense({ dtype, shape, strides }: StridedTensor): boolean {
  if (dtype.perByte) return isContiguous({ shape, strides })
  const axes = shape.flatMap((size, axis) => (size === 1 ? [] : [{ size, stride: strides[axis]! }]))
  let step = 1
  for (const { size, stride } of axes.toSorted((a, b) => a.stride - b.stride)) {
    if (stride !== step) return false
    step *= size
  }
  return true
}

/** Where the elements lie, in whatever order; undefined for views with gaps or repeats, and for packed storages. */
export async function placeOfElements(
  tensor: StridedTensor,
  backing: Backing,
): Promise<{ readonly source: ByteSource; readonly offset: number } | undefined> {
  const bytes = byteLength(tensor.dtype, tensor.shape)
  if (bytes === 0 || !backing.isPlain(tensor.storage) || !isDense(tensor)) return undefined
  return { source: await backing.open(tensor.storage), offset: viewOf(tensor, backing).offset }
}

/** Throws unless the file has the storage, as long as it says, and the tensor lies in it. */
export function checkTensor(name: string, tensor: StridedTensor, backing: Backing, file: string): void {
  const { storage, dtype } = tensor
  const place = { name: file }
  const what = `the tensor '${name.slice(0, 200)}'`
  if (byteLength(dtype, tensor.shape) === 0) return
  const size = backing.sizeOf(storage)
  if (size === undefined)
    throw fail.malformed(place, `${what} is in the storage '${storage.key.slice(0, 80)}', which is not there`)
  const stated = byteLength(storage.dtype, [storage.elements])
  if (stated > size)
    throw fail.truncated(place, `${what}: its storage should have ${stated} bytes, and has ${size}`)
  if (dtype.perByte && !isContiguous(tensor))
    throw fail.unsupported(place, `${what} is a view of packed numbers that does not lie in order`)
  checkView(
    { name: `${what} in ${file}`, size, read: unread, close: async () => {} },
    viewOf(tensor, backing),
    fail,
  )
}

/** The elements in C order, little-endian; conjugate and negative views are resolved. */
export async function* readElements(
  tensor: StridedTensor,
  backing: Backing,
  options?: ReadOptions,
): AsyncGenerator<Uint8Array, void> {
  if (byteLength(tensor.dtype, tensor.shape) === 0) return
  const source = await backing.open(tensor.storage)
  try {
    for await (const piece of readStrided(source, viewOf(tensor, backing), fail, options?.buffer))
      yield tensor.conj || tensor.neg ? flip(piece, tensor) : piece
  } finally {
    await source.close()
  }
}

function viewOf(
  { storage, dtype, offset, shape, strides }: StridedTensor,
  { bigEndian }: Backing,
): StridedView {
  const start = storage.start * storage.dtype.itemBytes
  const { itemBytes, perByte, complex } = dtype
  if (perByte) {
    const at = start + Math.floor(offset / perByte)
    return { offset: at, shape: [byteLength(dtype, shape)], strides: [1], itemBytes: 1 }
  }
  return {
    offset: start + offset * itemBytes,
    shape,
    strides,
    itemBytes,
    swap: bigEndian && itemBytes > 1,
    ...(complex && { swapBytes: itemBytes / 2 }),
  }
}

async function unread(): Promise<Uint8Array> {
  return new Uint8Array(0)
}

/**
 * Turns signs round: of all numbers for a negative view, of imaginary parts for a conjugate one. Both are views of
 * floating-point numbers, whose sign is the highest bit; torch makes no others.
 */
function flip(piece: Uint8Array, { dtype, conj, neg }: StridedTensor): Uint8Array {
  const part = dtype.complex ? dtype.itemBytes / 2 : dtype.itemBytes
  const own = new Uint8Array(piece)
  for (let at = part, i = 0; at <= own.length; at += part, i++) {
    const imaginary = dtype.complex === true && i % 2 === 1
    if (neg !== (conj && imaginary)) own[at - 1]! ^= 0x80
  }
  return own
}

/** All of a small tensor of numbers, as JavaScript's: the scales of a quantized one. Undefined for other types. */
export async function numbersOf(
  tensor: StridedTensor,
  backing: Backing,
  most: number,
): Promise<readonly number[] | undefined> {
  const count = elementCount(tensor.shape)
  const read = READERS[tensor.dtype.name]
  if (!read || count > most) return undefined
  const numbers: number[] = []
  for await (const piece of readElements(tensor, backing)) {
    const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength)
    const bytes = (bitsOf(tensor.dtype.dtype) ?? 8) / 8
    for (let at = 0; at < piece.byteLength; at += bytes) numbers.push(read(view, at))
  }
  return numbers
}

const READERS: Readonly<Record<string, ((view: DataView, at: number) => number) | undefined>> = {
  float32: (view, at) => view.getFloat32(at, true),
  float64: (view, at) => view.getFloat64(at, true),
  int32: (view, at) => view.getInt32(at, true),
  int64: (view, at) => Number(view.getBigInt64(at, true)),
}
