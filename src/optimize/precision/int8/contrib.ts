import type { OnnxNode } from '../../../formats/index.ts'
import { intOf } from '../../graph/nodes.ts'
import { nameOf } from '../../graph/weights.ts'
import { lstmWeight } from './lstm.ts'
import type { Rule } from './rules.ts'

/** Where the runtime's own operators live. */
export const MICROSOFT = 'com.microsoft'

/** Of QAttention and QEmbedLayerNormalization: what else the float32 ones may have, these have not. */
const ATTENTION: readonly string[] = [
  'num_heads',
  'unidirectional',
  'do_rotary',
  'past_present_share_buffer',
  'mask_filter_value',
]
const EMBEDDING: readonly string[] = ['epsilon']

/** Inputs of an EmbedLayerNormalization that are constants: three tables, a scale and a bias. */
const TABLES = [2, 3, 4, 5, 6] as const

export const LSTM: Rule = {
  weight: 1,
  unfit(node, weight, constants) {
    const recurrent = constants.get(node.inputs[2] ?? '')
    if (recurrent?.dtype !== 'float32') return 'its recurrent weight is no float32 constant'
    if (weight.shape.length !== 3 || recurrent.shape.length !== 3) return 'its weights have not three axes'
    if (recurrent.shape.includes(0)) return 'its recurrent weight has no numbers'
    return intOf(node, 'layout') === 0 ? undefined : 'its batch comes first'
  },
  change(rewrite, node) {
    const [w, r] = [node.inputs[1]!, node.inputs[2]!].map(name =>
      rewrite.once(`${name} LSTM`, () =>
        lstmWeight(rewrite.tensor(name), name, {
          reduced: rewrite.reduced,
          perChannel: rewrite.perChannel,
          ...rewrite.workspace,
        }),
      ),
    )
    const { layout: _, ...attributes } = node.attributes ?? {}
    rewrite.nodes.push({
      name: quantName(node),
      op: 'DynamicQuantizeLSTM',
      domain: MICROSOFT,
      inputs: [
        node.inputs[0]!,
        w!.quantized.name,
        r!.quantized.name,
        ...[3, 4, 5, 6, 7].map(place => node.inputs[place] ?? ''),
        w!.scale.name,
        w!.zeroPoint.name,
        r!.scale.name,
        r!.zeroPoint.name,
      ],
      outputs: node.outputs,
      attributes,
    })
  },
}

/** Operators of com.microsoft that have an integer form. */
export const CONTRIB: Readonly<Record<string, Rule>> = {
  Attention: {
    weight: 1,
    unfit(node, { shape }) {
      if (shape.length !== 2) return `its weight has ${shape.length} axes`
      if (!node.inputs[2]) return 'it has no bias'
      if (node.inputs.slice(5).some(name => name !== '')) return 'it has inputs that its integer form has not'
      return foreign(node, ATTENTION)
    },
    change(rewrite, node) {
      const [input, weight, bias, mask = '', past = ''] = node.inputs
      const { places, scale, zero } = rewrite.activation(input!)
      const int8 = rewrite.weight(weight!, rewrite.columns(weight!))
      rewrite.nodes.push({
        name: quantName(node),
        op: 'QAttention',
        domain: MICROSOFT,
        inputs: [
          places,
          int8.quantized.name,
          bias!,
          scale,
          int8.scale.name,
          mask,
          zero,
          int8.zeroPoint.name,
          past,
        ],
        outputs: node.outputs,
        attributes: node.attributes ?? {},
      })
    },
  },
  EmbedLayerNormalization: {
    weight: 2,
    unfit(node, _, constants) {
      if (node.outputs.length > 2) return 'it gives the sum of its tables too'
      if (node.inputs.slice(8).some(name => name !== '')) return 'it has inputs that its integer form has not'
      const names = TABLES.map(place => node.inputs[place] ?? '').filter(name => name !== '')
      if (names.some(name => constants.get(name)?.dtype !== 'float32'))
        return 'its tables are no float32 constants'
      return foreign(node, EMBEDDING)
    },
    change(rewrite, node) {
      const tables = TABLES.map(place => {
        const name = node.inputs[place] ?? ''
        return name === '' ? undefined : rewrite.weight(name, {}, { dtype: 'uint8', reduced: false })
      })
      rewrite.nodes.push({
        name: quantName(node),
        op: 'QEmbedLayerNormalization',
        domain: MICROSOFT,
        inputs: [
          node.inputs[0]!,
          node.inputs[1] ?? '',
          ...tables.map(table => table?.quantized.name ?? ''),
          node.inputs[7] ?? '',
          ...tables.map(table => table?.scale.name ?? ''),
          ...tables.map(table => table?.zeroPoint.name ?? ''),
        ],
        outputs: node.outputs,
        attributes: node.attributes ?? {},
      })
    },
  },
}

function quantName(node: OnnxNode): string {
  return `${nameOf(node)}_quant`
}

function foreign({ attributes = {} }: OnnxNode, known: readonly string[]): string | undefined {
  const name = Object.keys(attributes).find(each => !known.includes(each))
  return name === undefined ? undefined : `its integer form has no ${name}`
}
