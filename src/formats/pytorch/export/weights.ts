import { elementCount } from '../../../core/index.ts'
import { MAX_AXES } from '../../bytes/strided.ts'
import type { TensorInfo } from '../../types.ts'
import { openArchive, openPickleEntry, type TorchArchive } from '../archive.ts'
import { elementsKey, inArchive, infoOf, type ReadableTensor } from '../contents.ts'
import { checkTensor, placeOfElements, readElements } from '../elements.ts'
import { fail, MAX_TENSORS } from '../limits.ts'
import type { StridedTensor } from '../rebuild.ts'
import { readJson } from './program.ts'
import { type JsonMap, malformed, mapOf, tensorMeta, textIn } from './values.ts'

type Role = NonNullable<TensorInfo['role']>
export type Weights = Map<string, ReadableTensor>

/** Closers of what stays open while tensors can be read. */
export type Closers = (() => Promise<void>)[]

/**
 * The tensors that a configuration of torch 2.8 and later places: `{"config": {name: {"path_name", "is_param",
 * "use_pickle", "tensor_meta"}}}`, each a record of raw bytes in `folder`, or a file of torch.save.
 * Throws FORMAT_MALFORMED, FORMAT_TRUNCATED, FORMAT_LIMIT.
 */
export async function readConfigured(
  archive: TorchArchive,
  config: string,
  folder: string,
  roles: ReadonlyMap<string, Role>,
  weights: Weights,
  closers: Closers,
): Promise<void> {
  const entries = mapOf((await readJson(archive, config)).get('config'))
  if (!entries) throw malformed(archive.name, `no entries in ${config}`)
  if (entries.size > MAX_TENSORS) throw fail.limit({ name: archive.name }, `more than ${MAX_TENSORS} tensors`)
  for (const [name, value] of entries) {
    const entry = mapOf(value)
    const path = textIn(entry, 'path_name')
    if (!entry || path === undefined) throw malformed(archive.name, `no path of '${name.slice(0, 200)}'`)
    const fallback = entry.get('is_param') === true ? 'parameter' : 'buffer'
    const role = roles.get(name) ?? fallback
    if (entry.get('use_pickle') === true) {
      // A tensor subclass, or an object of the program's own.
      if (/\.pt$|^weight_|^tensor_/.test(path))
        await readSaved(archive, folder + path, new Map([[name, role]]), weights, closers, name)
      continue
    }
    const tensor = configured(entry, path, archive.name, name)
    if (tensor) weights.set(name, rawTensor(archive, folder, name, tensor, role))
  }
}

function configured(entry: JsonMap, path: string, file: string, name: string): StridedTensor | undefined {
  const meta = tensorMeta(entry.get('tensor_meta'))
  // Objects of other kinds have no tensor_meta.
  if (!meta) return undefined
  const { dtype, offset } = meta
  const [shape, strides] = [wholeNumbers(meta.sizes), wholeNumbers(meta.strides)]
  if (!shape || strides?.length !== shape.length || typeof offset !== 'number' || shape.length > MAX_AXES)
    throw malformed(file, `no sizes or strides of '${name.slice(0, 200)}'`)
  const reach = shape.reduce((sum, size, axis) => sum + Math.max(0, size - 1) * strides[axis]!, offset)
  const elements = elementCount(shape) === 0 ? 0 : reach + 1
  return {
    kind: 'strided',
    storage: { key: path, dtype, elements, start: 0 },
    dtype,
    offset,
    shape,
    strides,
    conj: false,
    neg: false,
  }
}

function wholeNumbers(values: readonly (number | string | null)[]): readonly number[] | undefined {
  const numbers = values.filter((value): value is number => typeof value === 'number' && value >= 0)
  return numbers.length === values.length ? numbers : undefined
}

function rawTensor(
  archive: TorchArchive,
  folder: string,
  name: string,
  tensor: StridedTensor,
  role: Role,
): ReadableTensor {
  const backing = {
    bigEndian: archive.bigEndian,
    sizeOf: () => archive.entries.get(folder + tensor.storage.key)?.size,
    isPlain: () => archive.entries.get(folder + tensor.storage.key)?.method === 'stored',
    open: () => archive.open(folder + tensor.storage.key),
  }
  checkTensor(name, tensor, backing, archive.name)
  return {
    info: infoOf({ name, tensor, role }, backing),
    elements: folder + elementsKey(tensor),
    read: () => readElements(tensor, backing),
    place: () => placeOfElements(tensor, backing),
  }
}

/** The tensors of a file of torch.save in the archive: state dicts before 2.8, tensor subclasses since. */
export async function readSaved(
  archive: TorchArchive,
  path: string,
  roles: ReadonlyMap<string, Role>,
  weights: Weights,
  closers: Closers,
  only?: string,
): Promise<void> {
  const source = await archive.open(path)
  closers.push(() => source.close())
  // An empty state dict is written as an empty record.
  if (source.size === 0) return
  const inner = await openArchive(source, ['data.pkl'])
  const contents = await openPickleEntry(inner, 'data.pkl', 'data')
  closers.push(contents.close)
  for (const [key, tensor] of contents.tensors) {
    const name = only === undefined ? key : key === 'tensor' ? only : `${only}.${key}`
    const role = roles.get(name) ?? tensor.info.role
    const own = inArchive(tensor, path)
    weights.set(name, { ...own, info: { ...own.info, name, ...(role && { role }) } })
  }
}
