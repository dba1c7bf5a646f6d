import type { Shape } from '../../../../formats/index.ts'
import type { Node } from '../world/types.ts'
import type { World } from '../world/world.ts'
import { floatOf, intOf, orderOf, shapeOf } from './read.ts'

/** Types of Gemm; integers are left to MatMul. */
const FLOATS: ReadonlySet<string> = new Set(['float32', 'float64', 'float16'])

/** A product of two matrices with a sum behind it is one Gemm. */
export function joinSums(world: World): void {
  for (const node of world.each('Add')) {
    const place = [0, 1].find(at => isProduct(world, world.soleMaker(node.inputs[at], node)))
    if (place === undefined) continue
    const product = world.soleMaker(node.inputs[place], node)!
    const sum = node.inputs[1 - place]!
    const shape = shapeOf(world, product.outputs[0])
    if (!isSpread(shapeOf(world, sum), shape) || world.maker(sum) === node) continue
    const { attributes } = product
    world.remove(node)
    world.remove(product)
    world.add({
      op: 'Gemm',
      inputs: [...product.inputs.slice(0, 2), sum],
      outputs: node.outputs,
      attributes,
      like: product,
    })
  }
}

function isProduct(world: World, node: Node | undefined): boolean {
  if (node?.domain !== '') return false
  if (node.op === 'Gemm') return !node.inputs[2] && floatOf(node, 'beta', 1) === 1
  if (node.op !== 'MatMul' || !FLOATS.has(world.values.get(node.outputs[0]!)?.dtype ?? '')) return false
  return node.inputs.every(input => shapeOf(world, input)?.length === 2)
}

/** Whether a sum broadcasts to the product's shape, and not the other way. */
function isSpread(sum: Shape | undefined, product: Shape | undefined): boolean {
  if (!sum || product?.length !== 2 || sum.length > 2) return false
  return sum.every((size, i) => size === 1 || size === product[i + 2 - sum.length])
}

/** A Gemm turns its matrices itself. */
export function turnMatrices(world: World): void {
  for (const node of world.each('Gemm')) {
    for (const [place, name] of [
      [0, 'transA'],
      [1, 'transB'],
    ] as const) {
      const turn = world.maker(node.inputs[place])
      if (turn?.op !== 'Transpose' || turn.domain !== '' || turn.body !== node.body) continue
      if (orderOf(turn, shapeOf(world, turn.inputs[0])?.length)?.join() !== '1,0') continue
      const inputs = node.inputs.with(place, turn.inputs[0]!)
      node.attributes = { ...node.attributes, [name]: { int: intOf(node, name, 0) === 0 ? 1 : 0 } }
      world.setInputs(node, inputs)
    }
  }
}
