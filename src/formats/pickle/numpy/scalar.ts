import { isGlobal } from '../classes.ts'
import { latin1Of } from '../machine/texts.ts'
import type { PickleNode } from '../types.ts'
import { dtypeOf } from './dtype.ts'

const MULTIARRAY: ReadonlySet<string> = new Set(['numpy.core.multiarray', 'numpy._core.multiarray'])

/** Larger ones are texts or records: no number. */
const MAX_SCALAR_BYTES = 1024

/** The value of a numpy scalar, `scalar(dtype, bytes)`: `np.float64(0.5)`. Undefined for anything else. */
export async function scalarOf(node: PickleNode): Promise<number | bigint | boolean | string | undefined> {
  if (node.kind !== 'call' || node.args.kind !== 'tuple') return undefined
  if (!isGlobal(node.callee, MULTIARRAY, 'scalar')) return undefined
  const [type, content] = node.args.items
  const dtype = dtypeOf(type)
  const bytes = await contentOf(content)
  if (!dtype || bytes?.byteLength !== dtype.itemBytes || dtype.itemBytes === 0) return undefined
  const own = new Uint8Array(bytes)
  for (const { offset, size, count } of dtype.swaps)
    for (let i = 0; i < count; i++) own.subarray(offset + i * size, offset + (i + 1) * size).reverse()
  return numberOf(new DataView(own.buffer), dtype.dtype, dtype.text)
}

function numberOf(
  view: DataView,
  dtype: string,
  text?: string,
): number | bigint | boolean | string | undefined {
  switch (dtype) {
    case 'bool':
      return view.getUint8(0) !== 0
    case 'int8':
      return view.getInt8(0)
    case 'int16':
      return view.getInt16(0, true)
    case 'int32':
      return view.getInt32(0, true)
    case 'int64':
      return view.getBigInt64(0, true)
    case 'uint8':
      return view.getUint8(0)
    case 'uint16':
      return view.getUint16(0, true)
    case 'uint32':
      return view.getUint32(0, true)
    case 'uint64':
      return view.getBigUint64(0, true)
    case 'float16':
      return view.getFloat16(0, true)
    case 'float32':
      return view.getFloat32(0, true)
    case 'float64':
      return view.getFloat64(0, true)
    default:
      return text === 'ucs4' ? ucs4(view) : undefined
  }
}

function ucs4(view: DataView): string {
  const points: number[] = []
  for (let at = 0; at + 4 <= view.byteLength; at += 4) points.push(view.getUint32(at, true))
  return points.map(point => (point > 0x10ffff ? '\ufffd' : String.fromCodePoint(point))).join('')
}

/** A scalar's few bytes, in each of the forms that protocols give them. */
async function contentOf(node: PickleNode | undefined): Promise<Uint8Array | undefined> {
  if (node?.kind === 'bytes') return node.length <= MAX_SCALAR_BYTES ? node.read() : undefined
  if (node?.kind === 'text' && !node.whole) return Buffer.from(node.value, 'latin1')
  if (node?.kind !== 'call' || node.args.kind !== 'tuple') return undefined
  if (!isGlobal(node.callee, new Set(['_codecs']), 'encode')) return undefined
  const text = node.args.items[0]
  return text?.kind === 'text' && latin1Of(Buffer.from(text.value, 'latin1')) === text.value
    ? Buffer.from(text.value, 'latin1')
    : undefined
}
