import { failing } from '../../errors.ts'
import type { OnnxDtype } from '../types.ts'

const unfit = failing('ONNX_MALFORMED', 'The model file contradicts itself; save it again.')

type Writer = (view: DataView, at: number, element: number | bigint) => void

const plain = (element: number | bigint) => Number(element)

/** Throws ONNX_MALFORMED for what an integer of these bits can't hold. 2^63 as a number is meant as 2^63 − 1. */
function whole(element: number | bigint, bits: number, signed: boolean): bigint {
  if (typeof element === 'number' && !Number.isInteger(element)) throw unfit(`${element} is no whole number`)
  const exact = element === 2 ** 63 && bits === 64 && signed ? 2n ** 63n - 1n : BigInt(element)
  const held = signed ? BigInt.asIntN(bits, exact) : BigInt.asUintN(bits, exact)
  if (held !== exact) throw unfit(`${element} has no place in ${signed ? '' : 'u'}int${bits}`)
  return exact
}

const signed = (bits: number) => (element: number | bigint) => whole(element, bits, true)
const unsigned = (bits: number) => (element: number | bigint) => whole(element, bits, false)

const int = (
  bits: number,
  make: (bits: number) => (element: number | bigint) => bigint,
  write: (view: DataView, at: number, x: bigint) => void,
): readonly [number, Writer] => {
  const held = make(bits)
  return [bits / 8, (view, at, x) => write(view, at, held(x))]
}

/** How an element is laid out in raw_data: little-endian. */
const WRITERS: Readonly<Partial<Record<OnnxDtype, readonly [bytes: number, write: Writer]>>> = {
  float32: [4, (view, at, x) => view.setFloat32(at, plain(x), true)],
  float64: [8, (view, at, x) => view.setFloat64(at, plain(x), true)],
  float16: [2, (view, at, x) => view.setFloat16(at, plain(x), true)],
  int8: int(8, signed, (view, at, x) => view.setInt8(at, Number(x))),
  int16: int(16, signed, (view, at, x) => view.setInt16(at, Number(x), true)),
  int32: int(32, signed, (view, at, x) => view.setInt32(at, Number(x), true)),
  int64: int(64, signed, (view, at, x) => view.setBigInt64(at, x, true)),
  uint8: int(8, unsigned, (view, at, x) => view.setUint8(at, Number(x))),
  uint16: int(16, unsigned, (view, at, x) => view.setUint16(at, Number(x), true)),
  uint32: int(32, unsigned, (view, at, x) => view.setUint32(at, Number(x), true)),
  uint64: int(64, unsigned, (view, at, x) => view.setBigUint64(at, x, true)),
  bool: [1, (view, at, x) => view.setUint8(at, plain(x) === 0 ? 0 : 1)],
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
