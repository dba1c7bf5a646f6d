import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ByteSource } from '../../core/index.ts'
import { folderTree, type OpenedModel, openModel, type TensorInfo } from '../../formats/index.ts'
import { layOut } from './lay-out.ts'
import type { FileLayout, PlacedTensor } from './types.ts'

const FIXTURES = join(import.meta.dirname, '../../../test/fixtures')

/** Models in one file, by the part of the fixtures that they are in. */
const SINGLE = [
  'gguf',
  'hdf5',
  'keras',
  'numpy',
  'onnx',
  'pickle',
  'pytorch',
  'safetensors',
  'tflite',
].flatMap(folder =>
  readdirSync(join(FIXTURES, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => /\.(gguf|h5|keras|npy|npz|onnx|pkl|joblib|pt|pt2|safetensors|tflite)$/.test(name))
    .filter(name => !/^split|^sharded|^external|^k3-shards/.test(name))
    .map(name => join(folder, name)),
)

/** What is not plain in a file, and is in no layout for it. */
const PACKED =
  /deflate|text|external|virtual|gzip|lzf|shuffle|szip|scale|nbit|fletcher|blosc|lz4|zstd|bzip2|meta|wrapper|out-of-band|zfp/

/** In typed fields these are varints; only floating-point numbers of 32 and 64 bits stand there as they are. */
const VARINTS = [
  'uint8 int8 uint16 int16 int32 int64 bool float16 uint32 uint64 bfloat16 float8e4m3fn float8e4m3fnuz',
  'float8e5m2 float8e5m2fnuz uint4 int4 float4e2m1 float8e8m0 uint2 int2 float6e2m3 float6e3m2',
].flatMap(line => line.split(' ').map(dtype => `typed/${dtype}`))

/** All of one storage, of which others fill a run. */
const VIEWS = ['rows', 'columns', 'expanded', 'windows', 'scalar', 'negative'].map(name => `views.${name}`)

/** What has no place of its own: second names for bytes that have one, repeats, what was never written, and thousands of tiny chunks. */
const LEFT_OUT: Readonly<Record<string, readonly string[]>> = {
  'hdf5/chunks-earliest.h5': ['fill-contiguous', 'fill-never'],
  'hdf5/chunks-latest.h5': ['fill-contiguous', 'fill-never', 'fixed-paged'],
  'onnx/dtypes.onnx': VARINTS,
  'pytorch/exported-2.6.pt2': ['offset'],
  'pytorch/exported-2.7.pt2': ['offset'],
  'pytorch/exported.pt2': ['offset'],
  'pytorch/parameters.pt': ['b'],
  'pytorch/views-legacy.pt': VIEWS,
  'pytorch/views.pt': VIEWS,
  'tflite/two.tflite': ['Greater/y'],
}

test('there are files of all formats to hold against their readers', () => {
  expect(SINGLE.length).toBeGreaterThan(100)
})

describe('bytes at a tensor’s place are its elements, as its own reader reads them:', () => {
  test.each(SINGLE)('%s', async file => {
    const path = join(FIXTURES, file)
    const source = await folderTree(dirname(path)).open(file.slice(file.lastIndexOf('/') + 1))
    const model = await openModel(path)
    const layout = await layOut(source, 'a file of no telling name')
    await compare(layout, model, source)
    expect(leftOut(layout, model)).toEqual(LEFT_OUT[file] ?? [])
    await model.close()
    await source.close()
  })
})

async function compare({ tensors }: FileLayout, model: OpenedModel, source: ByteSource): Promise<void> {
  const infos = new Map(
    model.file.tensors.flatMap(info => [
      [info.name, info],
      [info.key ?? '', info],
    ]),
  )
  // The name of a .npy file's array is that of the file.
  if (model.file.format === 'npy') infos.set('array', model.file.tensors[0]!)
  for (const tensor of tensors) {
    const info = infos.get(tensor.name)
    if (info) await compareOne(tensor, info, model, source)
    else await compareChunk(tensor, infos, model, source)
  }
}

async function compareOne(
  tensor: PlacedTensor,
  info: TensorInfo,
  model: OpenedModel,
  source: ByteSource,
): Promise<void> {
  if (info.dtype === 'string' || info.dtype === 'object') return
  const read = await elementsOf(model, info.name)
  const stored = Buffer.from(await source.read(tensor.offset, tensor.length))
  const how = (info.stored ?? []).join(' ')
  // Numbers that do not fill their bytes come in others.
  if (/bits in/.test(how)) return
  expect(stored.length).toBe(read.length)
  const width = read.length / info.elements
  const turned = /big-endian/.test(how)
  if (turned) expect(['bytes', 'int8']).toContain(tensor.kind)
  // Of a view that only turns signs round the signs do not count.
  const signs = /^views\.conjugate$/.test(tensor.name) ? [stored, read] : []
  for (const bytes of signs) for (const each of elements(bytes, 4)) each[3]! &= 0x7f
  // Parts of one element may be turned each by itself; axes in another order leave elements whole.
  const parts = info.dtype === 'record' || (turned && !/^(u?int|float)\d+$/.test(info.dtype))
  if (parts) expect(sorted(stored, 1)).toEqual(sorted(read, 1))
  else {
    if (turned) for (const each of elements(stored, width)) each.reverse()
    if (/fortran|strided/.test(how)) expect(sorted(stored, width)).toEqual(sorted(read, width))
    else expect(stored.equals(read)).toBe(true)
  }
}

/** A chunk of HDF5 has its part of the whole, and anything behind the whole's edges. */
async function compareChunk(
  { name, shape, offset, length }: PlacedTensor,
  infos: ReadonlyMap<string, TensorInfo>,
  model: OpenedModel,
  source: ByteSource,
): Promise<void> {
  const [, whole = '', at = ''] = /^(.*)\[([\d,]+)\]$/s.exec(name) ?? []
  const info = infos.get(whole)!
  if (info.dtype === 'string' || info.dtype === 'object') return
  if (/bits in|big-endian/.test(`${info.stored}`)) return
  const read = await elementsOf(model, info.name)
  const stored = Buffer.from(await source.read(offset, length))
  const width = read.length / info.elements
  const start = at.split(',').map(Number)
  for (let i = 0; i < length / width; i++) {
    const place = indicesOf(i, shape).map((index, axis) => index + (start[axis] ?? 0))
    if (place.some((index, axis) => index >= info.shape[axis]!)) continue
    const flat = place.reduce((sum, index, axis) => sum * info.shape[axis]! + index, 0) * width
    if (stored.compare(read, flat, flat + width, i * width, (i + 1) * width) !== 0)
      expect(`element ${place.join(', ')} of ${whole}`).toBe('the same')
  }
}

/** Tensors that stand in the file as they are, and that the layout does not tell. */
function leftOut({ tensors }: FileLayout, { file }: OpenedModel): string[] {
  if (file.format === 'npy') return []
  const told = new Set(tensors.flatMap(({ name }) => [name, name.replace(/\[[\d,]+\]$/, '')]))
  return file.tensors
    .filter(({ bytes = 0, dtype }) => bytes > 0 && dtype !== 'string' && dtype !== 'object')
    .filter(({ name, stored = [] }) => !told.has(name) && !PACKED.test(stored.join(' ')))
    .map(({ name }) => name)
}

/** Of the model at hand: its chunks are compared with the same elements. */
const read = { model: undefined as OpenedModel | undefined, elements: new Map<string, Buffer>() }

async function elementsOf(model: OpenedModel, name: string): Promise<Buffer> {
  if (read.model !== model) Object.assign(read, { model, elements: new Map() })
  const known = read.elements.get(name)
  if (known) return known
  const pieces: Uint8Array[] = []
  for await (const piece of model.readTensor(name)) pieces.push(new Uint8Array(piece))
  read.elements.set(name, Buffer.concat(pieces))
  return read.elements.get(name)!
}

function* elements(bytes: Buffer, width: number): Generator<Buffer, void> {
  for (let at = 0; at < bytes.length; at += width) yield bytes.subarray(at, at + width)
}

function sorted(bytes: Buffer, width: number): string[] {
  return Array.from(elements(bytes, width), each => each.toString('hex')).sort()
}

function indicesOf(at: number, shape: readonly number[]): number[] {
  let rest = at
  return shape
    .toReversed()
    .map(length => {
      const index = rest % length
      rest = Math.floor(rest / length)
      return index
    })
    .reverse()
}
