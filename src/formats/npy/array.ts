import { type ByteSource, type Dtype, elementCount, type Tensor, viewAs } from '../../core/index.ts'
import { failing } from '../errors.ts'
import { decodeStrings, type Elements, elementsOf, swapBytes } from './elements.ts'
import { type NpyHeader, readNpyHeader } from './header.ts'
import { fortranToC } from './transpose.ts'

/** The most bytes that one read brings into memory: what a Float32Array of half a billion elements takes. */
export const MAX_ARRAY_BYTES = 2 ** 31

/** A numpy array that is read when asked, whole or by rows. Little-endian C order comes out, whatever is in the file. */
export interface NpyArray {
  readonly dtype: Dtype
  readonly shape: readonly number[]
  /** All of it. Throws DATA_LIMIT above `MAX_ARRAY_BYTES`. */
  read(): Promise<Tensor>
  /** Rows `start` to `end` (exclusive) along axis 0: reads only their bytes, unless the file is in Fortran order. */
  rows(start: number, end: number): Promise<Tensor>
}

/**
 * A .npy file, versions 1 to 3. Arrays of objects are refused: they are pickles.
 * Throws NPY_INVALID, NPY_UNSUPPORTED or DATA_LIMIT.
 */
export async function openNpy(source: ByteSource): Promise<NpyArray> {
  const header = await readNpyHeader(source)
  const elements = elementsOf(header.descr, source.name)
  checkSize(source, header, elements)
  const { shape } = header
  let whole: Promise<Tensor> | undefined
  const read = (): Promise<Tensor> => readBlock(source, header, elements, shape, 0)
  return {
    dtype: elements.kind === 'numbers' ? elements.dtype : 'string',
    shape,
    read,
    async rows(start, end) {
      checkRows(source, shape, start, end)
      const part = [end - start, ...shape.slice(1)]
      const first = start * elementCount(shape.slice(1))
      if (!header.fortranOrder || shape.length < 2) return readBlock(source, header, elements, part, first)
      whole ??= read()
      const { dtype, data } = await whole
      return { dtype, shape: part, data: data.slice(first, first + elementCount(part)) }
    },
  }
}

/** A whole .npy file as a tensor. */
export async function readNpy(source: ByteSource): Promise<Tensor> {
  return (await openNpy(source)).read()
}

async function readBlock(
  source: ByteSource,
  header: NpyHeader,
  elements: Elements,
  shape: readonly number[],
  first: number,
): Promise<Tensor> {
  const length = elementCount(shape) * elements.bytes
  if (length > MAX_ARRAY_BYTES) {
    throw failing(
      'DATA_LIMIT',
      'Read it by rows, or split the file.',
    )(`An array of ${length} bytes in ${source.name} is over the limit of ${MAX_ARRAY_BYTES} for one read`)
  }
  const stored = await source.read(header.dataOffset + first * elements.bytes, length)
  const whole = shape === header.shape
  const bytes =
    header.fortranOrder && whole && shape.length > 1 ? fortranToC(stored, shape, elements.bytes) : stored
  if (elements.kind !== 'numbers') return { dtype: 'string', shape, data: decodeStrings(bytes, elements) }
  if (!elements.swap) return { dtype: elements.dtype, shape, data: viewAs(elements.dtype, bytes) }
  // A source in memory hands out views of itself: those are never swapped in place.
  const own = new Uint8Array(bytes)
  swapBytes(own, elements.bytes)
  return { dtype: elements.dtype, shape, data: viewAs(elements.dtype, own) }
}

function checkSize(source: ByteSource, header: NpyHeader, elements: Elements): void {
  const expected = elementCount(header.shape) * elements.bytes
  const found = source.size - header.dataOffset
  if (expected === found) return
  const what = `${source.name} says ${header.descr} [${header.shape.join(', ')}], which is ${expected} bytes`
  throw failing('NPY_INVALID', 'The file is truncated or has bytes appended: write or fetch it again.')(
    `${what}, and holds ${found}`,
    { details: { expected, found } },
  )
}

function checkRows(source: ByteSource, shape: readonly number[], start: number, end: number): void {
  const rows = shape[0] ?? 0
  if (Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start <= end && end <= rows) return
  throw failing(
    'NPY_INVALID',
    'Ask for rows that are there.',
  )(`Rows ${start} to ${end} were asked for; ${source.name} has ${rows}`)
}
