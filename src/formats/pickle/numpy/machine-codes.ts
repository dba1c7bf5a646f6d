import type { TensorDtype } from '../../types.ts'
import { integerOf, isGlobal } from '../classes.ts'
import type { PickleCall } from '../types.ts'
import { dataOf } from './data.ts'
import { lengthOf } from './decode.ts'
import type { NumpyArray } from './types.ts'

const ARRAY: ReadonlySet<string> = new Set(['array'])

/** Machine format codes of `array._array_reconstructor` (CPython, Modules/arraymodule.c), in pairs little and big. */
const CODES: readonly (readonly [dtype: TensorDtype, bytes: number, bigEndian: boolean])[] = [
  ['uint8', 1, false],
  ['int8', 1, false],
  ...both('uint16', 2),
  ...both('int16', 2),
  ...both('uint32', 4),
  ...both('int32', 4),
  ...both('uint64', 8),
  ...both('int64', 8),
  ...both('float32', 4),
  ...both('float64', 8),
]

/** Python's `array.array`: `_array_reconstructor(array, typecode, machine format, bytes)`. */
export function machineArray(node: PickleCall): NumpyArray | undefined {
  if (!isGlobal(node.callee, ARRAY, '_array_reconstructor') || node.args.kind !== 'tuple') return undefined
  const [, , format, content] = node.args.items
  const code = CODES[integerOf(format) ?? -1]
  const data = dataOf(content)
  const length = data && lengthOf(data)
  if (!code || !data || length === undefined) return undefined
  const [dtype, itemBytes, bigEndian] = code
  if (length % itemBytes !== 0) return undefined
  const swaps = bigEndian ? [{ offset: 0, size: itemBytes, count: 1 }] : []
  return {
    dtype: { dtype, itemBytes, swaps, objects: false },
    shape: [length / itemBytes],
    strides: [1],
    data,
  }
}

function both(dtype: TensorDtype, bytes: number): [TensorDtype, number, boolean][] {
  return [
    [dtype, bytes, false],
    [dtype, bytes, true],
  ]
}
