import { type ByteSource, type Dtype, elementCount, type Tensor, viewAs } from '../../core/index.ts'
import { failing } from '../errors.ts'
import type { TensorDtype } from '../types.ts'
import { holdsObjects, type NpyDtype, type NpyField } from './dtype.ts'
import { checkSize, decodeTexts, plainDtype, readElements, viewOf } from './elements.ts'
import { type NpyHeader, readNpyHeader } from './header.ts'

/** The most bytes that one read brings into memory: what a Float32Array of half a billion elements takes. */
export const MAX_ARRAY_BYTES = 2 ** 31

/** A numpy array that is read when asked, whole or by rows. Little-endian C order comes out, whatever is in the file. */
export interface NpyArray {
  readonly dtype: Dtype
  readonly shape: readonly number[]
  /** All of it. Throws DATA_LIMIT above `MAX_ARRAY_BYTES`. */
  read(): Promise<Tensor>
  /** Rows `start` to `end` (exclusive) along axis 0: reads only their bytes. */
  rows(start: number, end: number): Promise<Tensor>
}

export interface NpyOptions {
  /** Of records: the field that is read. */
  readonly field?: string
}

/**
 * A .npy file, versions 1 to 3, or one field of its records. Arrays of objects are refused: they are pickles.
 * Throws NPY_INVALID, NPY_UNSUPPORTED or DATA_LIMIT.
 */
export async function openNpy(source: ByteSource, options: NpyOptions = {}): Promise<NpyArray> {
  const header = await readNpyHeader(source)
  const field = chooseField(header.type, options.field, source.name)
  const dtype = dtypeOfData(field?.type ?? header.type, source.name)
  checkSize(source, header)
  const { shape } = header
  const inner = field?.shape ?? []
  const read = (start: number, end: number): Promise<Tensor> => {
    const part = shape.length === 0 ? [] : [end - start, ...shape.slice(1)]
    return readBlock(source, header, field, { dtype, shape: [...part, ...inner] }, start, end)
  }
  return {
    dtype,
    shape: [...shape, ...inner],
    read: () => read(0, shape[0] ?? 1),
    async rows(start, end) {
      checkRows(source, shape, start, end)
      return read(start, end)
    },
  }
}

/** A whole .npy file as a tensor. */
export async function readNpy(source: ByteSource, options: NpyOptions = {}): Promise<Tensor> {
  return (await openNpy(source, options)).read()
}

const WHY: Partial<Record<TensorDtype, string>> = {
  object: 'Python objects, which are stored as a pickle: a program, and never run here',
  complex64: 'complex numbers',
  complex128: 'complex numbers',
  datetime64: 'dates',
  timedelta64: 'time spans',
  opaque: 'raw bytes',
  record: 'records',
}

function unsupported(what: string, file: string, hint: string, type: NpyDtype) {
  return failing('NPY_UNSUPPORTED', hint)(`${file} holds ${what}`, { details: { dtype: type.dtype } })
}

function dtypeOfData(type: NpyDtype, file: string): Dtype {
  const dtype = plainDtype(type)
  if (dtype) return dtype
  const hint = 'Convert it to plain numbers or strings (`array.astype(...)`) and save it again.'
  throw unsupported(WHY[type.dtype] ?? `elements of the type ${type.dtype}`, file, hint, type)
}

function chooseField(type: NpyDtype, name: string | undefined, file: string): NpyField | undefined {
  if (!type.fields) {
    if (name === undefined) return undefined
    throw unsupported(`no records, so no field '${name}'`, file, 'Leave the field out.', type)
  }
  const field = type.fields.find(candidate => candidate.name === name)
  const hint = `Choose one of its fields: ${type.fields
    .map(candidate => candidate.name)
    .slice(0, 20)
    .join(', ')}.`
  if (!field)
    throw unsupported(name === undefined ? 'records' : `records without a field '${name}'`, file, hint, type)
  if (holdsObjects(type)) throw unsupported(`records with ${WHY.object}`, file, hint, type)
  return field
}

async function readBlock(
  source: ByteSource,
  header: NpyHeader,
  field: NpyField | undefined,
  { dtype, shape }: { readonly dtype: Dtype; readonly shape: readonly number[] },
  start: number,
  end: number,
): Promise<Tensor> {
  const view = viewOf(header, header.shape.length === 0 ? undefined : { start, end })
  const type = field?.type ?? header.type
  const length = elementCount(view.shape) * header.type.itemBytes
  if (length > MAX_ARRAY_BYTES) {
    throw failing(
      'DATA_LIMIT',
      'Read it by rows, or split the file.',
    )(`An array of ${length} bytes in ${source.name} is over the limit of ${MAX_ARRAY_BYTES} for one read`)
  }
  const bytes = await collect(readElements(source, view, header.type), length)
  const own = field ? takeField(bytes, header.type.itemBytes, field) : bytes
  if (dtype === 'string') return { dtype, shape, data: textsOf(own, type, shape) }
  return { dtype, shape, data: viewAs(dtype, own) }
}

function textsOf(bytes: Uint8Array, type: NpyDtype, shape: readonly number[]): readonly string[] {
  return type.itemBytes === 0 ? new Array<string>(elementCount(shape)).fill('') : decodeTexts(bytes, type)
}

async function collect(pieces: AsyncIterable<Uint8Array>, length: number): Promise<Uint8Array> {
  let all: Uint8Array | undefined
  let at = 0
  for await (const piece of pieces) {
    if (piece.byteLength === length) return piece
    all ??= new Uint8Array(length)
    all.set(piece, at)
    at += piece.byteLength
  }
  return all ?? new Uint8Array(0)
}

/** One field of each record, one behind the other. */
function takeField(records: Uint8Array, recordBytes: number, { type, offset, shape }: NpyField): Uint8Array {
  const bytes = type.itemBytes * elementCount(shape)
  const count = recordBytes === 0 ? 0 : records.byteLength / recordBytes
  const all = new Uint8Array(count * bytes)
  for (let i = 0; i < count; i++) {
    const at = i * recordBytes + offset
    all.set(records.subarray(at, at + bytes), i * bytes)
  }
  return all
}

function checkRows(source: ByteSource, shape: readonly number[], start: number, end: number): void {
  const rows = shape[0] ?? 0
  if (Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start <= end && end <= rows) return
  throw failing(
    'NPY_INVALID',
    'Ask for rows that are there.',
  )(`Rows ${start} to ${end} were asked for; ${source.name} has ${rows}`)
}
