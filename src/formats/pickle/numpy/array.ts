import { elementCount } from '../../../core/index.ts'
import { cStrides, fortranStrides } from '../../bytes/strided.ts'
import { integerOf, isGlobal, nameOf, shapeOf, textOf } from '../classes.ts'
import { MAX_DIMENSIONS } from '../limits.ts'
import type { PickleCall, PickleNode } from '../types.ts'
import { type ArrayData, dataOf } from './data.ts'
import { type ArrayDtype, dtypeOf } from './dtype.ts'
import { machineArray } from './machine-codes.ts'
import type { NumpyArray } from './types.ts'

const MULTIARRAY: ReadonlySet<string> = new Set(['numpy.core.multiarray', 'numpy._core.multiarray'])
const NUMERIC: ReadonlySet<string> = new Set(['numpy.core.numeric', 'numpy._core.numeric'])
const MASKED: ReadonlySet<string> = new Set(['numpy.ma.core', 'numpy.ma'])

/**
 * The array that a node stands for: joblib's, one of `_reconstruct` and its state, of `_frombuffer` (protocol 5),
 * a masked one, Python's own `array.array`. Undefined for anything else, and for arrays whose parts contradict
 * each other.
 */
export function arrayOf(node: PickleNode): NumpyArray | undefined {
  if (node.kind === 'array') {
    const { shape, fortranOrder, offset, length } = node
    return build(dtypeOf(node.dtype), shape, fortranOrder, { kind: 'range', offset, length })
  }
  if (node.kind !== 'call' || node.args.kind !== 'tuple') return undefined
  const { callee } = node
  if (isGlobal(callee, MULTIARRAY, '_reconstruct')) return reconstructed(node, node.args.items)
  if (isGlobal(callee, NUMERIC, '_frombuffer')) return fromBuffer(node.args.items)
  if (isGlobal(callee, MASKED, '_mareconstruct')) return masked(node)
  return machineArray(node)
}

/** `_reconstruct(ndarray, (0,), b'b')`, whose state is (version, shape, dtype, Fortran order, data). */
function reconstructed(node: PickleCall, args: readonly PickleNode[]): NumpyArray | undefined {
  const state = node.states.at(-1)
  if (state?.kind !== 'tuple') return undefined
  // numpy before 1.0 wrote no version. A derived class may put the state of ndarray into its own.
  const parts = state.items.length === 4 ? state.items : state.items.slice(1, 5)
  const [shape, dtype, order, data] = parts
  const array = ofState(shape, dtype, order, data)
  const [made] = args
  const subclass = made?.kind === 'global' ? nameOf(made).name : undefined
  return array && subclass !== undefined && subclass !== 'ndarray' ? { ...array, subclass } : array
}

function ofState(
  sizes: PickleNode | undefined,
  type: PickleNode | undefined,
  order: PickleNode | undefined,
  content: PickleNode | undefined,
): NumpyArray | undefined {
  const dtype = dtypeOf(type)
  const shape = shapeOf(sizes)
  if (!dtype || !shape) return undefined
  const fortran = integerOf(order) === 1
  if (!dtype.objects) return build(dtype, shape, fortran, dataOf(content))
  if (content?.kind !== 'list' || content.items.length !== elementCount(shape)) return undefined
  // Objects are listed in C order whatever the flag says.
  return { dtype, shape, strides: cStrides(shape), objects: content.items }
}

/** `_frombuffer(buffer, dtype, shape, order)`, since numpy 2.3 with the order of axes where it is neither C nor F. */
function fromBuffer([content, type, sizes, order, axes]: readonly PickleNode[]): NumpyArray | undefined {
  const dtype = dtypeOf(type)
  const shape = shapeOf(sizes)
  if (!dtype || !shape || dtype.objects) return undefined
  const data = dataOf(content)
  if (textOf(order) !== 'K') return build(dtype, shape, textOf(order) === 'F', data)
  const permutation = axes === undefined || axes.kind === 'none' ? shape.map((_, i) => i) : shapeOf(axes)
  const stored = build(dtype, shape, false, data)
  if (!stored || !permutation || permutation.length !== shape.length) return undefined
  if (new Set(permutation).size !== shape.length || permutation.some(axis => axis >= shape.length))
    return undefined
  const along = (values: readonly number[]): number[] => permutation.map(axis => values[axis]!)
  return { ...stored, shape: along(stored.shape), strides: along(stored.strides) }
}

/** `_mareconstruct(MaskedArray, ndarray, (0,), 'b')` with (version, shape, dtype, Fortran order, data, mask, fill). */
function masked(node: PickleCall): NumpyArray | undefined {
  const state = node.states.at(-1)
  if (state?.kind !== 'tuple') return undefined
  const [, shape, dtype, order, data, mask] = state.items
  const array = ofState(shape, dtype, order, data)
  const bits = dataOf(mask)
  if (!array || !bits) return array
  // Of records, the mask has a byte for each field.
  const itemBytes = array.dtype.fields?.length ?? 1
  const type = itemBytes === 1 ? BOOL : { ...BOOL, dtype: 'opaque' as const, itemBytes }
  const second = build(type, array.shape, integerOf(order) === 1, bits)
  return { ...array, subclass: 'MaskedArray', ...(second && { mask: second }) }
}

const BOOL: ArrayDtype = { dtype: 'bool', itemBytes: 1, swaps: [], objects: false }

function build(
  dtype: ArrayDtype | undefined,
  shape: readonly number[],
  fortran: boolean,
  data: ArrayData | undefined,
): NumpyArray | undefined {
  if (!dtype || !data || shape.length > MAX_DIMENSIONS) return undefined
  if (!Number.isSafeInteger(elementCount(shape) * Math.max(1, dtype.itemBytes))) return undefined
  return { dtype, shape, strides: fortran ? fortranStrides(shape) : cStrides(shape), data }
}
