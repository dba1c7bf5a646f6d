import type { OnnxGraph } from '../write/types.ts'
import { intOf, intsOf, numbersOf, typed, unfit } from './read.ts'
import { common } from './sizes.ts'
import type { InferredType, NodeToInfer, Rule } from './types.ts'
import type { Shape } from './values.ts'

function graphOf({ op, attributes }: NodeToInfer, name: string): OnnxGraph {
  const value = attributes[name]
  if (value && 'graph' in value) return value.graph
  throw unfit(`${op} has no ${name}`)
}

const conditional: Rule = node => {
  const [yes, no] = [graphOf(node, 'then_branch').outputs, graphOf(node, 'else_branch').outputs]
  if (yes.length !== no.length) throw unfit(`If gives ${yes.length} values, else ${no.length}`)
  return yes.map((type, i) => typed(type.dtype, common(type.shape, no[i]!.shape)))
}

/** Count, condition, and what goes round; its body gives the condition, what goes round, and what is gathered. */
const loop: Rule = node => {
  const [count, , ...carried] = node.inputs
  const { outputs } = graphOf(node, 'body')
  const times = numbersOf(count)?.[0]
  return outputs.slice(1).map((type, i): InferredType => {
    if (i >= carried.length) return typed(type.dtype, type.shape && [null, ...type.shape])
    // Without a turn it is what went in.
    const given = carried[i]?.shape
    return typed(type.dtype, times !== undefined && times <= 0 ? given : common(type.shape, given))
  })
}

const scan: Rule = node => {
  const { outputs } = graphOf(node, 'body')
  const scanned = intOf(node, 'num_scan_inputs', 0)
  const states = node.inputs.length - scanned
  const axes = intsOf(node, 'scan_output_axes') ?? []
  const length = steps(node, states)
  return outputs.map((type, i): InferredType => {
    if (i < states) return typed(type.dtype, common(type.shape, node.inputs[i]?.shape))
    return typed(type.dtype, type.shape && stacked(type.shape, axes[i - states] ?? 0, length))
  })
}

function steps(node: NodeToInfer, states: number) {
  const axes = intsOf(node, 'scan_input_axes') ?? []
  for (const [i, x] of node.inputs.slice(states).entries()) {
    const size = x?.shape?.at(axes[i] ?? 0)
    if (size !== undefined && size !== null) return size
  }
  return null
}

function stacked(shape: Shape, axis: number, length: Shape[number]): Shape {
  const at = axis < 0 ? axis + shape.length + 1 : axis
  return shape.toSpliced(at, 0, length)
}

export const control: Readonly<Record<string, Rule>> = { If: conditional, Loop: loop, Scan: scan }
