import type { OnnxNode, OnnxTensor } from '../../../formats/index.ts'
import { intOf, plainGemm } from '../../graph/nodes.ts'
import { nameOf } from '../../graph/weights.ts'
import { CONTRIB, LSTM, MICROSOFT } from './contrib.ts'
import type { Rewrite } from './dynamic.ts'

/** How nodes of one operator are changed. */
export interface Rule {
  /** Which input is the weight. */
  readonly weight: number
  /** Why a node stays, beyond what is asked of every weight. */
  readonly unfit?: (
    node: OnnxNode,
    weight: OnnxTensor,
    constants: ReadonlyMap<string, OnnxTensor>,
  ) => string | undefined
  readonly change: (rewrite: Rewrite, node: OnnxNode) => void
}

const RULES: Readonly<Record<string, Rule>> = {
  MatMul: {
    weight: 1,
    change(rewrite, node) {
      const weight = rewrite.weight(node.inputs[1]!, rewrite.columns(node.inputs[1]!))
      rewrite.product({ node, name: nameOf(node), output: node.outputs[0]!, op: 'MatMulInteger', weight })
    },
  },
  Gemm: {
    weight: 1,
    unfit: plainGemm,
    change(rewrite, node) {
      const [, b, c] = node.inputs
      const transpose = intOf(node, 'transB') !== 0
      const weight = rewrite.weight(b!, {
        transpose,
        ...(rewrite.perChannel && { axis: transpose ? 0 : 1 }),
      })
      const output = node.outputs[0]!
      const product = c ? rewrite.fresh(`${output}_MatMul`) : output
      rewrite.product({
        node,
        name: c ? `${nameOf(node)}_MatMul` : nameOf(node),
        output: product,
        op: 'MatMulInteger',
        weight,
      })
      if (c)
        rewrite.nodes.push({
          name: `${nameOf(node)}_Add`,
          op: 'Add',
          inputs: [product, c],
          outputs: [output],
        })
    },
  },
  Conv: {
    weight: 1,
    change(rewrite, node) {
      const [, k, bias] = node.inputs
      const output = node.outputs[0]!
      const scaled = bias ? rewrite.fresh(`${output}quant_scaled_output`) : output
      rewrite.product({
        node,
        name: nameOf(node),
        output: scaled,
        prefix: output,
        op: 'ConvInteger',
        ...(node.attributes && { attributes: node.attributes }),
        weight: rewrite.weight(k!, {}),
      })
      if (!bias) return
      const shape = BigInt64Array.from({ length: rewrite.rank(k!) }, (_, i) => (i === 1 ? -1n : 1n))
      const name = rewrite.constant({
        name: `${output}_bias_reshape_shape`,
        dtype: 'int64',
        shape: [shape.length],
        data: new Uint8Array(shape.buffer),
      })
      const reshaped = rewrite.fresh(`${output}_bias_reshape_output`)
      rewrite.nodes.push(
        { name: `${output}_bias_reshape`, op: 'Reshape', inputs: [bias, name], outputs: [reshaped] },
        { name: `${output}_bias_add`, op: 'Add', inputs: [scaled, reshaped], outputs: [output] },
      )
    },
  },
  LSTM,
  Gather: {
    weight: 0,
    change(rewrite, node) {
      // A table is looked up and not multiplied: from its least to its greatest, as activations are.
      const weight = rewrite.weight(node.inputs[0]!, {}, { dtype: 'uint8', reduced: false })
      const output = node.outputs[0]!
      const places = rewrite.fresh(`${output}_quantized`)
      rewrite.nodes.push(
        { ...node, inputs: [weight.quantized.name, ...node.inputs.slice(1)], outputs: [places] },
        {
          name: `${output}_DequantizeLinear`,
          op: 'DequantizeLinear',
          inputs: [places, weight.scale.name, weight.zeroPoint.name],
          outputs: [output],
        },
      )
    },
  },
}

/** Undefined for operators that stay. */
export function ruleOf({ op, domain = '' }: OnnxNode): Rule | undefined {
  const rules = domain === '' ? RULES : domain === MICROSOFT ? CONTRIB : {}
  return Object.hasOwn(rules, op) ? rules[op] : undefined
}
