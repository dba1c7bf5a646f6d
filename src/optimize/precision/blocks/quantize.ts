import type { OnnxModel, OnnxNode, OnnxTensor } from '../../../formats/index.ts'
import { OptimizeError } from '../../errors.ts'
import { intOf, plainGemm } from '../../graph/nodes.ts'
import { constantsOf, freshNames, nameOf, withNodes } from '../../graph/weights.ts'
import type { Workspace } from '../../ports.ts'
import type { Changed, Kept } from '../../types.ts'
import { type BlockWeight, blockWeight, sidesOf } from './weight.ts'

export interface BlockOptions {
  /** Of each number. */
  readonly bits: 4 | 8
  /** Numbers that share a scale: 16, 32, 64, 128 or 256. */
  readonly size: number
  /** From the least to the greatest of a block, instead of around 0. */
  readonly asymmetric: boolean
  /** 4 lets the runtime round activations to int8 too, which is faster; absent it chooses. */
  readonly accuracyLevel?: 0 | 1 | 2 | 3 | 4
  /** Names of nodes that stay as they are. */
  readonly keep?: ReadonlySet<string>
  /** Absent: what is made of one tensor is held. */
  readonly workspace?: Workspace
}

export const BLOCK_SIZES: readonly number[] = [16, 32, 64, 128, 256]
const MICROSOFT = 'com.microsoft'

/**
 * Matrices of MatMul and Gemm in blocks of four or eight bits (onnxruntime's MatMulNBits). Only the main graph is changed.
 * Throws OPTIMIZE_UNSUPPORTED for a block size that the runtime has not, OPTIMIZE_NOTHING where no node fits.
 */
export function quantizeBlocks(model: OnnxModel, options: BlockOptions): Changed {
  if (!BLOCK_SIZES.includes(options.size))
    throw new OptimizeError('OPTIMIZE_UNSUPPORTED', {
      message: `Blocks of ${options.size} numbers are none of ${BLOCK_SIZES.join(', ')}`,
      hint: '32 is usual; larger blocks are smaller and less exact.',
    })
  const constants = constantsOf(model.graph)
  const fresh = freshNames(model.graph)
  const made = new Map<string, OnnxTensor>()
  const weights = new Map<string, BlockWeight>()
  const nodes: OnnxNode[] = []
  const changed: string[] = []
  const kept: Kept[] = []

  for (const node of model.graph.nodes) {
    if (node.domain || (node.op !== 'MatMul' && node.op !== 'Gemm')) {
      nodes.push(node)
      continue
    }
    const why = reasonToStay(node, constants, options)
    if (why === undefined) {
      changed.push(nameOf(node))
      nodes.push(...replaced(node))
    } else {
      kept.push({ node: nameOf(node), op: node.op, why })
      nodes.push(node)
    }
  }
  if (changed.length === 0)
    throw new OptimizeError('OPTIMIZE_NOTHING', {
      message: 'No MatMul or Gemm of this model has a constant float32 matrix',
      hint: 'Blocks are for such matrices: try --int8 for convolutions.',
    })
  const domains = [{ domain: MICROSOFT, version: 1 }]
  return { model: withNodes(model, nodes, made.values(), domains), changed, kept }

  function replaced(node: OnnxNode): OnnxNode[] {
    const [input, b, c] = node.inputs
    const turned = node.op === 'Gemm' && intOf(node, 'transB') !== 0
    const { inputs, outputs } = sidesOf(constants.get(b!)!, turned)
    const weight = weightOf(b!, turned)
    const output = node.outputs[0]!
    const product = c ? fresh(`${output}_MatMul`) : output
    const { accuracyLevel } = options
    const multiply: OnnxNode = {
      name: `${nameOf(node)}_Q${options.bits}`,
      op: 'MatMulNBits',
      domain: MICROSOFT,
      inputs: [
        input!,
        weight.quantized.name,
        weight.scales.name,
        ...(weight.zeroPoints ? [weight.zeroPoints.name] : []),
      ],
      outputs: [product],
      attributes: {
        K: { int: inputs },
        N: { int: outputs },
        bits: { int: options.bits },
        block_size: { int: options.size },
        ...(accuracyLevel && { accuracy_level: { int: accuracyLevel } }),
      },
    }
    return c
      ? [multiply, { name: `${nameOf(node)}_Add`, op: 'Add', inputs: [product, c], outputs: [output] }]
      : [multiply]
  }

  function weightOf(name: string, turned: boolean): BlockWeight {
    const key = `${name} ${turned}`
    const known = weights.get(key)
    if (known) return known
    const { bits, size, asymmetric, workspace } = options
    const plan = { bits, size, asymmetric, turned }
    const { quantized, scales, zeroPoints } = blockWeight(constants.get(name)!, name, plan, workspace)
    const named = (tensor: OnnxTensor): OnnxTensor => {
      const own = { ...tensor, name: fresh(tensor.name) }
      made.set(own.name, own)
      return own
    }
    const own = {
      quantized: named(quantized),
      scales: named(scales),
      ...(zeroPoints && { zeroPoints: named(zeroPoints) }),
    }
    weights.set(key, own)
    return own
  }
}

function reasonToStay(
  node: OnnxNode,
  constants: ReadonlyMap<string, OnnxTensor>,
  { keep }: BlockOptions,
): string | undefined {
  if (keep?.has(nameOf(node))) return 'it was asked to stay'
  const weight = constants.get(node.inputs[1] ?? '')
  if (!weight) return 'its weight is no constant'
  if (weight.dtype !== 'float32') return `its weight is ${weight.dtype}`
  if (weight.shape.length !== 2) return `its weight has ${weight.shape.length} axes`
  if (weight.shape.includes(0)) return 'its weight has no numbers'
  return node.op === 'Gemm' ? plainGemm(node) : undefined
}
