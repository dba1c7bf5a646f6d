import { type ByteSource, elementCount } from '../../core/index.ts'
import {
  type NumpyArray,
  type PickleNode,
  type PickleRun,
  readArray,
  readArrayText,
  textOf,
} from '../pickle/index.ts'
import { byteLengthOf, offsetOf } from '../pickle/numpy/read.ts'
import type { ReadOptions } from '../ports.ts'
import { metadataEntry } from '../tensors.ts'
import type { MetadataEntry, TensorInfo } from '../types.ts'
import {
  type Backing,
  byteLength,
  checkTensor,
  isContiguous,
  logicalShape,
  placeOfElements,
  readElements,
} from './elements.ts'
import { fail } from './limits.ts'
import { quantizationOf } from './quantization.ts'
import type { StridedTensor } from './rebuild.ts'
import { type Inventory, inventoryOf, type NamedTensor } from './walk.ts'

/** What a pickle of torch holds, with its tensors readable by their names. */
export interface Contents {
  readonly root: PickleNode
  readonly run: PickleRun
  readonly tensors: ReadonlyMap<string, ReadableTensor>
  readonly values: Inventory['values']
}

export interface ReadableTensor {
  readonly info: TensorInfo
  /** The same for tensors that are the same elements of a storage: tied weights. */
  readonly elements?: string
  read(options?: ReadOptions): AsyncGenerator<Uint8Array, void>
  /** Where `info.bytes` of elements lie, in whatever order; undefined where they have gaps or are packed. */
  place?(): Promise<{ readonly source: ByteSource; readonly offset: number } | undefined>
  /** Of numpy's arrays of texts, which checkpoints hold as labels; `read` refuses them. */
  texts?(): AsyncGenerator<string, void>
}

/**
 * The tensors of a pickle that has been run. Each is held against the storage that it names. Throws what the
 * machine met, FORMAT_MALFORMED, FORMAT_TRUNCATED or FORMAT_LIMIT.
 */
export async function contentsOf(run: PickleRun, source: ByteSource, backing: Backing): Promise<Contents> {
  if (run.fault) throw run.fault
  const { root } = run
  if (!root) throw fail.malformed({ name: source.name, offset: run.end }, 'the pickle leaves no object')
  const { tensors, values } = inventoryOf(root, source.name)
  const readable = new Map<string, ReadableTensor>()
  for (const named of tensors) readable.set(named.name, await readableOf(named, source, backing))
  return { root, run, tensors: readable, values }
}

async function readableOf(named: NamedTensor, source: ByteSource, backing: Backing): Promise<ReadableTensor> {
  const { name, tensor } = named
  if (tensor.kind === 'strided') {
    checkTensor(name, tensor, backing, source.name)
    const quantization = await quantizationOf(tensor, backing, source.name)
    const info = { ...infoOf(named, backing), ...(quantization && { quantization }) }
    return {
      info,
      elements: elementsKey(tensor),
      read: options => readElements(tensor, backing, options),
      place: () => placeOfElements(tensor, backing),
    }
  }
  const info = infoOf(named, backing)
  if (tensor.kind === 'empty') return { info, read: refuse(source, name, tensor.why) }
  const { array } = tensor
  if (array.dtype.dtype !== 'string')
    return { info, read: () => readArray(source, array), place: async () => placeOfArray(source, array) }
  return { info, read: refuse(source, name, 'it holds texts'), texts: () => readArrayText(source, array) }
}

function placeOfArray(source: ByteSource, array: NumpyArray) {
  const offset = offsetOf(array)
  return offset === undefined ? undefined : { source, offset }
}

function refuse(source: ByteSource, name: string, why: string): ReadableTensor['read'] {
  // biome-ignore lint/correctness/useYield: it only throws
  return async function* read() {
    throw fail.unsupported({ name: source.name }, `the tensor '${name}' has no bytes to read: ${why}`)
  }
}

/** Storages of several archives, or folders, have the same keys. */
export function inArchive(tensor: ReadableTensor, where: string): ReadableTensor {
  const { elements } = tensor
  return elements === undefined ? tensor : { ...tensor, elements: `${where}:${elements}` }
}

export function elementsKey({ storage, dtype, offset, shape, strides }: StridedTensor): string {
  return JSON.stringify([storage.key, storage.start, dtype.name, offset, shape, strides])
}

export function infoOf({ name, tensor, role, part }: NamedTensor, { bigEndian }: Backing): TensorInfo {
  const common = { name, ...(role && { role }) }
  if (tensor.kind === 'numpy') return { ...common, ...arrayInfo(tensor.array) }
  const { dtype } = tensor
  const shape = logicalShape(dtype, tensor.shape)
  const stored = [
    ...(part ? [part] : []),
    ...(tensor.kind === 'empty' ? [tensor.why] : []),
    ...(tensor.kind === 'strided' && bigEndian && dtype.itemBytes > 1 ? ['big-endian'] : []),
    ...(tensor.kind === 'strided' && !isContiguous(tensor) ? ['strided'] : []),
    ...(dtype.dtype === 'unknown' ? [dtype.name] : []),
  ]
  return {
    ...common,
    dtype: dtype.dtype,
    shape,
    elements: elementCount(shape),
    ...(tensor.kind === 'strided' && { bytes: byteLength(dtype, tensor.shape) }),
    ...(stored.length > 0 && { stored }),
    ...(dtype.dtype === 'unknown' && { itemBytes: dtype.itemBytes }),
  }
}

function arrayInfo(array: NumpyArray): Omit<TensorInfo, 'name'> {
  const { shape } = array
  const { dtype, fields, itemBytes } = array.dtype
  const fixed = dtype !== 'string' && dtype !== 'object'
  const sized = fields !== undefined || dtype === 'string' || dtype === 'opaque'
  return {
    dtype,
    shape,
    elements: elementCount(shape),
    ...(fixed && { bytes: byteLengthOf(array) }),
    ...(fields && { fields }),
    ...(sized && { itemBytes }),
  }
}

/** Numbers, texts and flags beside the tensors. */
export function metadataOf({ values }: Pick<Contents, 'values'>, notes: string[]): MetadataEntry[] {
  return values.map(({ name, node }) => metadataEntry(name, plain(node), notes))
}

function plain(node: PickleNode): string {
  if (node.kind === 'text') return textOf(node) ?? `${node.value}…`
  return node.kind === 'int' || node.kind === 'float' || node.kind === 'bool' ? String(node.value) : node.kind
}
