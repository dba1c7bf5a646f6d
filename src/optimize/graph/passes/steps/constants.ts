import { encodeElements, type OnnxTensor } from '../../../../formats/index.ts'
import type { Node } from '../world/types.ts'
import type { World } from '../world/world.ts'

/** Constants that are nodes are initializers. */
export function liftConstants(world: World): void {
  for (const node of world.each('Constant')) {
    const tensor = tensorOf(node)
    const [output] = node.outputs
    if (!tensor || !output) continue
    // A graph gives no constant itself; with a node like this it does.
    if (world.users(output).size === 0) continue
    world.replace(output, world.addConstant(output, tensor))
    if (!world.isOutput(output)) world.remove(node)
  }
}

/** Undefined for those of text and for sparse ones. */
function tensorOf({ attributes }: Node): Omit<OnnxTensor, 'name'> | undefined {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'value' && 'tensor' in value) return value.tensor
    if (name === 'value_float' && 'float' in value) return floats([], [value.float])
    if (name === 'value_floats' && 'floats' in value) return floats([value.floats.length], value.floats)
    if (name === 'value_int' && 'int' in value) return integers([], [value.int])
    if (name === 'value_ints' && 'ints' in value) return integers([value.ints.length], value.ints)
  }
  return undefined
}

function floats(shape: readonly number[], elements: readonly number[]): Omit<OnnxTensor, 'name'> {
  return { dtype: 'float32', shape, data: encodeElements('float32', elements) }
}

function integers(
  shape: readonly number[],
  elements: readonly (number | bigint)[],
): Omit<OnnxTensor, 'name'> {
  return { dtype: 'int64', shape, data: encodeElements('int64', elements) }
}
