import type { OnnxDtype } from '../../formats/index.ts'

type Writer = (view: DataView, at: number, element: number | bigint) => void

const big = (element: number | bigint) => BigInt(element)
const plain = (element: number | bigint) => Number(element)

/** How an element is laid out in raw_data: little-endian. */
const WRITERS: Readonly<Partial<Record<OnnxDtype, readonly [bytes: number, write: Writer]>>> = {
  float32: [4, (view, at, x) => view.setFloat32(at, plain(x), true)],
  float64: [8, (view, at, x) => view.setFloat64(at, plain(x), true)],
  float16: [2, (view, at, x) => view.setUint16(at, float16Bits(plain(x)), true)],
  int8: [1, (view, at, x) => view.setInt8(at, plain(x))],
  int16: [2, (view, at, x) => view.setInt16(at, plain(x), true)],
  int32: [4, (view, at, x) => view.setInt32(at, plain(x), true)],
  int64: [8, (view, at, x) => view.setBigInt64(at, big(x), true)],
  uint8: [1, (view, at, x) => view.setUint8(at, plain(x))],
  uint16: [2, (view, at, x) => view.setUint16(at, plain(x), true)],
  uint32: [4, (view, at, x) => view.setUint32(at, plain(x), true)],
  uint64: [8, (view, at, x) => view.setBigUint64(at, big(x), true)],
  bool: [1, (view, at, x) => view.setUint8(at, plain(x) === 0 ? 0 : 1)],
}

function float16Bits(x: number): number {
  return new Uint16Array(Float16Array.of(x).buffer)[0]!
}

/** Elements as a tensor's raw bytes. Throws TypeError for types that constants are not made of. */
export function encodeElements(dtype: OnnxDtype, elements: readonly (number | bigint)[]): Uint8Array {
  const writer = WRITERS[dtype]
  if (!writer) throw new TypeError(`No constant is made of ${dtype}`)
  const [bytes, write] = writer
  const out = new Uint8Array(elements.length * bytes)
  const view = new DataView(out.buffer)
  for (const [i, element] of elements.entries()) write(view, i * bytes, element)
  return out
}
