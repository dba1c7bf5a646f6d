import type { ByteSource } from '../../../core/index.ts'
import type { Failures } from '../../errors.ts'
import { PIECE_BYTES } from '../../ports.ts'
import { CHUNK_BYTES } from '../limits.ts'
import { BYTES, type NumberDtype, type Run } from '../run.ts'

/** UBJSON's types of numbers (https://ubjson.org/type-reference/): all big-endian. */
export const NUMBER_TYPES: ReadonlyMap<string, NumberDtype> = new Map([
  ['i', 'int8'],
  ['U', 'uint8'],
  ['I', 'int16'],
  ['l', 'int32'],
  ['L', 'int64'],
  ['d', 'float32'],
  ['D', 'float64'],
] as const)

/** A typed array's elements with their bytes turned round. */
export async function* swapped(source: ByteSource, run: Run): AsyncGenerator<Uint8Array, void> {
  const width = BYTES[run.dtype]
  for (let at = run.start; at < run.end; at += PIECE_BYTES) {
    // A copy: a source may give a view of what it holds.
    const piece = Buffer.from(await source.read(at, Math.min(PIECE_BYTES, run.end - at)))
    if (width === 2) piece.swap16()
    else if (width === 4) piece.swap32()
    else if (width === 8) piece.swap64()
    yield new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength)
  }
}

/** The numbers of an array whose elements each name their type. */
export async function* decodeTagged(
  source: ByteSource,
  run: Run,
  fail: Failures,
): AsyncGenerator<number[], void> {
  for (let at = run.start; at < run.end; ) {
    const bytes = await source.read(at, Math.min(CHUNK_BYTES, run.end - at))
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const values: number[] = []
    let used = 0
    while (used < bytes.byteLength) {
      const dtype = NUMBER_TYPES.get(String.fromCharCode(bytes[used]!))
      if (!dtype) throw fail.malformed({ name: source.name, offset: at + used }, 'an element is no number')
      const next = used + 1 + BYTES[dtype]
      if (next > bytes.byteLength) break
      values.push(numberAt(view, used + 1, dtype))
      used = next
    }
    if (used === 0) throw fail.truncated({ name: source.name, offset: at }, 'an array ends within a number')
    yield values
    at += used
  }
}

/** A big-endian number; int64 beyond 2^53 loses its lowest bits. */
export function numberAt(view: DataView, at: number, dtype: NumberDtype): number {
  switch (dtype) {
    case 'float32':
      return view.getFloat32(at)
    case 'float64':
      return view.getFloat64(at)
    case 'int8':
      return view.getInt8(at)
    case 'int16':
      return view.getInt16(at)
    case 'int32':
      return view.getInt32(at)
    case 'int64':
      return Number(view.getBigInt64(at))
    case 'uint8':
      return view.getUint8(at)
    case 'uint32':
      return view.getUint32(at)
  }
}
