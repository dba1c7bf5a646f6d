import type { OnnxAttribute, OnnxModel, OnnxNode, OnnxTensor } from '../../../formats/index.ts'
import { OptimizeError } from '../../errors.ts'
import { raiseOpset } from '../../graph/opset.ts'
import { constantsOf, freshNames, nameOf, withNodes } from '../../graph/weights.ts'
import type { Workspace } from '../../ports.ts'
import type { Changed, Kept } from '../../types.ts'
import { checkPlain } from '../plain.ts'
import { MICROSOFT } from './contrib.ts'
import type { WeightType } from './grid.ts'
import { type Rule, ruleOf } from './rules.ts'
import { type Int8Weight, int8Weight, type WeightPlan } from './weight.ts'

export interface DynamicOptions {
  readonly weights: WeightType
  /** A scale for each column of a matrix instead of one for all. */
  readonly perChannel: boolean
  /** Names of nodes that stay as they are. */
  readonly keep?: ReadonlySet<string>
  /** Absent: what is made of one tensor is held, where it must be. */
  readonly workspace?: Workspace
}

/** float32, as the attribute of a Cast says it. */
const FLOAT = 1

/**
 * Weights of MatMul, Gemm, Conv, Gather, LSTM, Attention and EmbedLayerNormalization as 8-bit integers; activations
 * are laid on 256 places while the model runs. Nodes and names are those that onnxruntime's quantize_dynamic makes,
 * whose kernels join them again. Only the main graph is changed. Opsets 9 and 10 become 11. Throws
 * OPTIMIZE_UNSUPPORTED for older ones and a model that is quantized already, OPTIMIZE_NOTHING where no node fits.
 */
export function quantizeDynamic(model: OnnxModel, options: DynamicOptions): Changed {
  checkPlain(model)
  // DynamicQuantizeLinear came with 11.
  const current = raiseOpset(model)
  const rewrite = new Rewrite(current, options)
  for (const node of current.graph.nodes) rewrite.add(node)
  const { nodes, made, changed, kept } = rewrite
  if (changed.length === 0)
    throw new OptimizeError('OPTIMIZE_NOTHING', {
      message: 'No MatMul, Gemm, Conv, Gather, LSTM or Attention of this model has a constant float32 weight',
      hint: 'What such a model computes is not in its weights; leave it as it is.',
      details: { kept: kept.length },
    })
  const domains = nodes.some(({ domain }) => domain === MICROSOFT) ? [{ domain: MICROSOFT, version: 1 }] : []
  return { model: withNodes(current, nodes, made.values(), domains), changed, kept }
}

/** What a node's product is made of. */
interface Product {
  readonly node: OnnxNode
  /** Of what is made of it: names of nodes and values begin so. */
  readonly name: string
  readonly output: string
  /** What names of values in between begin with, where it is not the output's. */
  readonly prefix?: string
  readonly op: 'MatMulInteger' | 'ConvInteger'
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>
  readonly weight: Int8Weight
}

/** Values that a DynamicQuantizeLinear gives. */
interface Activation {
  readonly places: string
  readonly scale: string
  readonly zero: string
}

/** The nodes of a graph, one after the other, and the constants that they need. */
export class Rewrite {
  readonly nodes: OnnxNode[] = []
  readonly made = new Map<string, OnnxTensor>()
  readonly changed: string[] = []
  readonly kept: Kept[] = []
  readonly #options: DynamicOptions
  readonly #constants: ReadonlyMap<string, OnnxTensor>
  readonly fresh: (wanted: string) => string
  readonly #weights = new Map<string, Int8Weight>()
  /** Values that were laid on 256 places, for all who take them. */
  readonly #inputs = new Map<string, Activation>()

  constructor({ graph }: OnnxModel, options: DynamicOptions) {
    this.#options = options
    this.#constants = constantsOf(graph)
    this.fresh = freshNames(graph)
  }

  add(node: OnnxNode): void {
    const rule = ruleOf(node)
    const why = rule && this.#reason(node, rule)
    if (!rule || why !== undefined) {
      if (why !== undefined) this.kept.push({ node: nameOf(node), op: node.op, why })
      this.nodes.push(node)
      return
    }
    this.changed.push(nameOf(node))
    rule.change(this, node)
  }

  #reason(node: OnnxNode, { weight: at, unfit }: Rule): string | undefined {
    if (this.#options.keep?.has(nameOf(node))) return 'it was asked to stay'
    const weight = this.#constants.get(node.inputs[at] ?? '')
    if (!weight) return 'its weight is no constant'
    if (weight.dtype !== 'float32') return `its weight is ${weight.dtype}`
    if (weight.shape.includes(0)) return 'its weight has no numbers'
    return unfit?.(node, weight, this.#constants)
  }

  weight(name: string, plan: Omit<WeightPlan, 'type'>, type: WeightType = this.#options.weights): Int8Weight {
    const base = plan.transpose ? `${name}_Transposed` : name
    return this.once(`${base} ${plan.axis} ${type.dtype}`, () =>
      int8Weight(this.tensor(name), base, { ...plan, type, once: true, ...this.workspace }),
    )
  }

  /** A weight that is made once for all who ask for it by the same key. */
  once(key: string, make: () => Int8Weight): Int8Weight {
    const known = this.#weights.get(key)
    if (known) return known
    const { grids, scale, zeroPoint, quantized } = make()
    const named = (tensor: OnnxTensor): OnnxTensor => {
      const own = { ...tensor, name: this.fresh(tensor.name) }
      this.made.set(own.name, own)
      return own
    }
    const own = { grids, scale: named(scale), zeroPoint: named(zeroPoint), quantized: named(quantized) }
    this.#weights.set(key, own)
    return own
  }

  tensor(name: string): OnnxTensor {
    return this.#constants.get(name)!
  }

  /** To spread into a plan. */
  get workspace(): Pick<DynamicOptions, 'workspace'> {
    const { workspace } = this.#options
    return workspace ? { workspace } : {}
  }

  get reduced(): boolean {
    return this.#options.weights.reduced
  }

  /** Scales by column are for matrices. */
  columns(name: string): { readonly axis?: number } {
    return this.#options.perChannel && this.#constants.get(name)!.shape.length === 2 ? { axis: 1 } : {}
  }

  get perChannel(): boolean {
    return this.#options.perChannel
  }

  constant(tensor: OnnxTensor): string {
    const name = this.fresh(tensor.name)
    this.made.set(name, { ...tensor, name })
    return name
  }

  rank(name: string): number {
    return this.tensor(name).shape.length
  }

  /** integers → float32 → times both scales. */
  product({ node, name, output, prefix = output, op, attributes, weight }: Product): void {
    const { places, scale, zero } = this.activation(node.inputs[0]!)
    const integers = this.fresh(`${prefix}_output_quantized`)
    const floats = this.fresh(`${integers}_cast_output`)
    const scales = this.fresh(`${name}_quant_scales_mul:0`)
    this.nodes.push(
      {
        name: `${name}_quant_scales_mul`,
        op: 'Mul',
        inputs: [scale, weight.scale.name],
        outputs: [scales],
      },
      {
        name: `${name}_quant`,
        op,
        inputs: [places, weight.quantized.name, zero, weight.zeroPoint.name],
        outputs: [integers],
        ...(attributes && { attributes }),
      },
      {
        name: `${integers}_cast`,
        op: 'Cast',
        inputs: [integers],
        outputs: [floats],
        attributes: { to: { int: FLOAT } },
      },
      { name: `${name}_quant_output_scale_mul`, op: 'Mul', inputs: [floats, scales], outputs: [output] },
    )
  }

  activation(input: string): Activation {
    const known = this.#inputs.get(input)
    if (known) return known
    const made = {
      places: this.fresh(`${input}_quantized`),
      scale: this.fresh(`${input}_scale`),
      zero: this.fresh(`${input}_zero_point`),
    }
    this.#inputs.set(input, made)
    this.nodes.push({
      name: `${input}_QuantizeLinear`,
      op: 'DynamicQuantizeLinear',
      inputs: [input],
      outputs: [made.places, made.scale, made.zero],
    })
    return made
  }
}
