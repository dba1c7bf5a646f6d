import { attributesOf, classOf, nameOf, shapeOf, textOf } from '../classes.ts'
import { fail } from '../limits.ts'
import { dtypeOf } from '../numpy/dtype.ts'
import type { PickleArray, PickleCall, PickleNode } from '../types.ts'
import { type Machine, NODE_BYTES, SLOT_BYTES } from './machine.ts'

/** joblib builds a wrapper once. */
const MAX_STATES = 16

/** Whether BUILD of this object lets joblib read an array: the class, wherever it was vendored. */
export function isArrayWrapper(call: PickleCall): boolean {
  const global = classOf(call)
  if (!global) return false
  const { module, name } = nameOf(global)
  return name === 'NumpyArrayWrapper' && `.${module.slice(-40)}`.endsWith('.joblib.numpy_pickle')
}

/**
 * The array that stands in the stream behind a NumpyArrayWrapper, in place of it: its elements are jumped over;
 * an array of objects is a pickle of its own (joblib/numpy_pickle.py).
 */
export async function readWrapped(m: Machine, wrapper: PickleCall): Promise<PickleNode> {
  if (wrapper.states.length > MAX_STATES)
    throw fail.limit(m.place, `a NumpyArrayWrapper is built more than ${MAX_STATES} times`)
  const attributes = attributesOf(wrapper)
  const shape = shapeOf(attributes.get('shape'))
  const node = attributes.get('dtype')
  const dtype = dtypeOf(node)
  if (!shape) throw m.malformed('a NumpyArrayWrapper has no shape that can be read')
  if (!node || !dtype)
    throw fail.unsupported(m.place, 'a NumpyArrayWrapper has a dtype whose size can not be told')
  if (dtype.objects) return m.runNested(m.cursor.rawPosition)
  const padding = attributes.get('numpy_array_alignment_bytes')
  const offset = m.cursor.rawPosition + (padding && padding.kind !== 'none' ? await paddingAt(m) : 0)
  const length = shape.reduce((product, size) => product * size, dtype.itemBytes)
  if (!(offset + length <= m.source.size))
    throw fail.truncated(
      m.place,
      `an array of shape [${shape.join(', ')}] takes ${length} bytes from ${offset}, and the file ends at ${m.source.size}`,
    )
  m.cursor.rawPosition = offset + length
  m.charge(NODE_BYTES + shape.length * SLOT_BYTES)
  const fortranOrder = textOf(attributes.get('order')) === 'F'
  return { kind: 'array', dtype: node, shape, fortranOrder, offset, length } satisfies PickleArray
}

/** One byte that tells how many follow before the array (joblib 1.1): at most 255. */
async function paddingAt(m: Machine): Promise<number> {
  const at = m.cursor.rawPosition
  if (at >= m.source.size) throw fail.truncated({ ...m.place, offset: at }, 'the file ends before an array')
  const [length = 0] = await m.source.read(at, 1)
  return 1 + length
}
