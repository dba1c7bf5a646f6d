import { ONNX_DTYPES, type OnnxDtype } from '../../../../formats/index.ts'
import type { World } from '../world/world.ts'
import { intOf } from './read.ts'

/** Types by how much of each other they hold: each holds every number of those before it. */
const CHAINS: readonly (readonly OnnxDtype[])[] = [
  ['bool', 'int8', 'int16', 'int32', 'int64'],
  ['bool', 'uint8', 'uint16', 'uint32', 'uint64'],
  ['bool', 'uint8', 'int16', 'int32', 'int64'],
  ['bool', 'uint8', 'float16', 'float32', 'float64'],
  ['bool', 'int8', 'float16', 'float32', 'float64'],
  ['bfloat16', 'float32', 'float64'],
  ['int16', 'float32', 'float64'],
  ['uint16', 'float32', 'float64'],
  ['int32', 'float64'],
  ['uint32', 'float64'],
]

/** Of two casts in a row the first goes, where it lost nothing. */
export function joinCasts(world: World): void {
  for (const node of world.each('Cast')) {
    const first = world.maker(node.inputs[0])
    if (first?.op !== 'Cast' || first.domain !== '' || first.body !== node.body) continue
    const from = world.values.get(first.inputs[0]!)?.dtype
    const through = ONNX_DTYPES[intOf(first, 'to', 0)]
    if (from && through && holds(through, from)) world.setInputs(node, [first.inputs[0]!])
  }
}

function holds(wide: OnnxDtype, narrow: OnnxDtype): boolean {
  if (wide === narrow) return true
  return CHAINS.some(chain => chain.includes(narrow) && chain.indexOf(wide) > chain.indexOf(narrow))
}
