import { listAsInput } from './thirteen.ts'
import { adapted, type Rung } from './types.ts'

const REDUCTIONS = ['L1', 'L2', 'LogSum', 'LogSumExp', 'Max', 'Mean', 'Min', 'Prod', 'SumSquare']

/** Opsets 14 to 18: axes of every reduction became an input, and a Split says into how many. */
export const EIGHTEEN: Rung = {
  opset: 18,
  adapters: {
    ...Object.fromEntries(REDUCTIONS.map(name => [`Reduce${name}`, listAsInput('axes')])),
    Split(node) {
      if (node.inputs.length > 1) return [node]
      const attributes = { ...node.attributes, num_outputs: { int: node.outputs.length } }
      return [adapted(node, attributes, node.inputs)]
    },
    // Its default became another.
    RoiAlign: node => [
      {
        ...node,
        attributes: { coordinate_transformation_mode: { text: 'output_half_pixel' }, ...node.attributes },
      },
    ],
    // Its outputs for training became others.
    BatchNormalization: node => (node.outputs.filter(name => name !== '').length > 1 ? undefined : [node]),
  },
}
