import type { ByteSource } from '../../core/index.ts'
import type { Failures } from '../errors.ts'
import { PIECE_BYTES } from '../ports.ts'
import { BYTES, type NumberDtype, type Run } from './run.ts'
import { decodeText } from './text-numbers.ts'
import { decodeTagged, swapped } from './ubjson/numbers.ts'

/** Least and greatest of the whole-number types. */
const BOUNDS: Partial<Record<NumberDtype, readonly [number, number]>> = {
  int8: [-128, 127],
  int16: [-32768, 32767],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint8: [0, 255],
  uint32: [0, 2 ** 32 - 1],
}

/** A run's elements, little-endian. Throws FORMAT_MALFORMED for numbers that its type does not hold. */
export async function* runPieces(
  source: ByteSource,
  run: Run,
  fail: Failures,
): AsyncGenerator<Uint8Array, void> {
  if (run.form === 'typed') {
    yield* swapped(source, run)
    return
  }
  const width = BYTES[run.dtype]
  const bounds = BOUNDS[run.dtype]
  const put = PUT[run.dtype]
  let piece = new DataView(new ArrayBuffer(Math.min(PIECE_BYTES, run.count * width)))
  let [filled, done] = [0, 0]
  const batches = run.form === 'text' ? decodeText(source, run, fail) : decodeTagged(source, run, fail)
  for await (const values of batches) {
    for (const value of values) {
      if (done === run.count) throw miscounted('more')
      if (bounds && !(Number.isInteger(value) && value >= bounds[0] && value <= bounds[1]))
        throw fail.malformed(
          { name: source.name, offset: run.start },
          `element ${done} of an array is ${value}, which is no ${run.dtype}`,
        )
      put(piece, filled, value)
      filled += width
      done++
      if (filled === piece.byteLength) {
        yield new Uint8Array(piece.buffer)
        piece = new DataView(new ArrayBuffer(Math.min(PIECE_BYTES, (run.count - done) * width)))
        filled = 0
      }
    }
  }
  if (done !== run.count) throw miscounted(String(done))

  function miscounted(held: string): Error {
    const place = { name: source.name, offset: run.start }
    return fail.malformed(place, `an array seemed to have ${run.count} numbers, and has ${held}`)
  }
}

const PUT: Readonly<Record<NumberDtype, (view: DataView, at: number, value: number) => void>> = {
  float32: (view, at, value) => view.setFloat32(at, value, true),
  float64: (view, at, value) => view.setFloat64(at, value, true),
  int8: (view, at, value) => view.setInt8(at, value),
  int16: (view, at, value) => view.setInt16(at, value, true),
  int32: (view, at, value) => view.setInt32(at, value, true),
  int64: (view, at, value) => view.setBigInt64(at, BigInt(value), true),
  uint8: (view, at, value) => view.setUint8(at, value),
  uint32: (view, at, value) => view.setUint32(at, value, true),
}

/** All of a run's numbers, for arrays that are known to be small enough; none where there is no such array. */
export async function runNumbers(
  source: ByteSource,
  run: Run | undefined,
  fail: Failures,
): Promise<ArrayLike<number> & Iterable<number>> {
  if (!run) return []
  const bytes = new Uint8Array(run.count * BYTES[run.dtype])
  let filled = 0
  for await (const piece of runPieces(source, run, fail)) {
    bytes.set(piece, filled)
    filled += piece.byteLength
  }
  const { buffer } = bytes
  switch (run.dtype) {
    case 'float32':
      return new Float32Array(buffer)
    case 'float64':
      return new Float64Array(buffer)
    case 'int8':
      return new Int8Array(buffer)
    case 'int16':
      return new Int16Array(buffer)
    case 'int32':
      return new Int32Array(buffer)
    case 'int64':
      return Array.from(new BigInt64Array(buffer), Number)
    case 'uint8':
      return bytes
    case 'uint32':
      return new Uint32Array(buffer)
  }
}
