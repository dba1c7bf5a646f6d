import { encodeElements, isStatic, type OnnxTensor, type Value } from '../../../../formats/index.ts'
import type { World } from '../world/world.ts'
import { isDeterministic } from './nondeterministic.ts'

/** What inference found to be always the same becomes a constant: shapes, and small arithmetic on them. */
export function foldKnown(world: World): void {
  for (const node of [...world.nodes()]) {
    if (node.domain !== '' || !isDeterministic(node) || !node.body.nodes.has(node)) continue
    const outputs = node.outputs.filter(output => world.isUsed(output))
    const tensors = outputs.map(output => tensorOf(world.values.get(output)))
    if (outputs.length === 0 || tensors.some(tensor => tensor === undefined)) continue
    // A graph gives no constant; an Identity of one gives it.
    if (outputs.some(output => world.isOutput(output)) && (node.outputs.length > 1 || node.op === 'Identity'))
      continue
    for (const [i, output] of outputs.entries()) {
      const constant = world.addConstant(output, tensors[i]!)
      world.replace(output, constant)
      if (world.isOutput(output)) world.bypass(node, constant)
    }
    if (node.body.nodes.has(node)) world.remove(node)
  }
}

function tensorOf(value: Value | undefined): Omit<OnnxTensor, 'name'> | undefined {
  if (!value?.known || value.dtype === 'string' || !isStatic(value.shape)) return undefined
  const elements = value.known
  if (!elements.every(element => typeof element === 'number')) return undefined
  try {
    return {
      dtype: value.dtype,
      shape: value.shape,
      data: encodeElements(value.dtype, elements as readonly number[]),
    }
  } catch {
    // A type that constants are not made of here.
    return undefined
  }
}
