import type { OnnxModel, OnnxNode, OnnxTensor } from '../../../formats/index.ts'
import type { Int8Grid } from '../../../kernels/index.ts'
import { OptimizeError } from '../../errors.ts'
import { raiseOpset } from '../../graph/opset.ts'
import { freshNames, withNodes } from '../../graph/weights.ts'
import type { Changed } from '../../types.ts'
import { bytesOf } from '../floats.ts'
import { gridOf } from '../int8/grid.ts'
import { type Int8Weight, int8Weight } from '../int8/weight.ts'
import { checkPlain } from '../plain.ts'
import { int32Bias, widened } from './bias.ts'
import { bodyNames } from './graph.ts'
import { Plan } from './plan.ts'
import type { Range, Ranges, StaticOptions } from './types.ts'

/**
 * Weights and activations on 256 places that are known before the model runs: pairs of QuantizeLinear and
 * DequantizeLinear around operators, which the runtime joins to integer kernels. Nodes, names and bytes are those of
 * onnxruntime's quantize_static (QuantFormat.QDQ) with the same ranges, which are those of the values that
 * `valuesToCalibrate` names. Opsets from 9 on become 11, and with scales by channel 13. Only the main graph is
 * changed. Throws OPTIMIZE_UNSUPPORTED for old opsets, models that are quantized already and ranges that are none,
 * OPTIMIZE_NOTHING where no node fits.
 */
export function quantizeStatic(given: OnnxModel, ranges: Ranges, options: StaticOptions): Changed {
  checkPlain(given)
  checkTypes(options)
  // Since 13 a DequantizeLinear has an axis.
  const model = raiseOpset(given, options.perChannel ? 13 : 11)
  const plan = new Plan(model, ranges, options)
  if (plan.changed.length === 0)
    throw new OptimizeError('OPTIMIZE_NOTHING', {
      message: 'No node of this model can be computed on places',
      hint: 'Look at the reasons; leave the model as it is where there are none.',
      details: { kept: plan.kept.length },
    })
  return { model: new Writer(model, plan, options).model(), changed: plan.changed, kept: plan.kept }
}

function checkTypes({ activations, weights }: StaticOptions): void {
  if (activations.dtype === 'int8' && weights.dtype === 'uint8')
    throw new OptimizeError('OPTIMIZE_UNSUPPORTED', {
      message: 'There are no kernels for int8 activations with uint8 weights',
      hint: 'Take int8 weights, or uint8 activations.',
    })
}

/** Places of a value: names of their scale and zero point, and what they are. */
interface Places {
  readonly scale: string
  readonly zeroPoint: string
  readonly grids: () => Promise<readonly Int8Grid[]>
  readonly count: number
}

/** A plan, written: constants, and pairs of nodes where their values are given. */
class Writer {
  readonly #model: OnnxModel
  readonly #plan: Plan
  readonly #options: StaticOptions
  readonly #fresh: (wanted: string) => string
  readonly #made: OnnxTensor[] = []
  readonly #places = new Map<string, Places>()
  /** What nodes take, by what they took before. */
  readonly #renamed = new Map<string, string>()
  /** A constant's DequantizeLinear, by its output: it stands before the first node that takes that. */
  readonly #before = new Map<string, OnnxNode>()
  /** A pair, by the value that it begins with. */
  readonly #after = new Map<string, readonly OnnxNode[]>()
  /** Outputs of the model that are given by the end of a pair, by the name that their node gives instead. */
  readonly #given = new Map<string, string>()
  /** Biases, whose names their nodes give now. */
  readonly #replaced = new Set<string>()

  constructor(model: OnnxModel, plan: Plan, options: StaticOptions) {
    this.#model = model
    this.#plan = plan
    this.#options = options
    this.#fresh = freshNames(model.graph)
  }

  model(): OnnxModel {
    for (const [name, mark] of this.#plan.marks) if (mark.like === undefined) this.#addPlaces(name)
    this.#lend()
    for (const name of this.#plan.biases.keys()) this.#addBias(name)
    const nodes = [...this.#nodes()]
    const { graph } = this.#model
    const initializers = (graph.initializers ?? []).filter(({ name }) => !this.#replaced.has(name))
    return withNodes({ ...this.#model, graph: { ...graph, initializers } }, nodes, this.#made)
  }

  #addPlaces(name: string): void {
    const tensor = this.#plan.constant(name)
    if (tensor) this.#addWeight(name, tensor)
    else this.#addActivation(name, this.#ownPlaces(name, this.#gridOf(this.#plan.ranges.get(name)!)))
  }

  /** Values on the places of others, which may be on those of further ones: in rounds. */
  #lend(): void {
    const waiting = new Map([...this.#plan.marks].filter(([, { like }]) => like !== undefined))
    for (let before = -1; waiting.size !== before; ) {
      before = waiting.size
      for (const [name, { like }] of waiting) {
        const places = this.#places.get(like!)
        if (!places) continue
        this.#addActivation(name, places)
        waiting.delete(name)
      }
    }
  }

  #gridOf({ least, greatest }: Range): Int8Grid {
    const { dtype, symmetric } = this.#options.activations
    return gridOf(least, greatest, { dtype, symmetric, reduced: false })
  }

  #ownPlaces(name: string, grid: Int8Grid): Places {
    const scale = this.#make({
      name: `${name}_scale`,
      dtype: 'float32',
      shape: [],
      data: bytesOf(Float32Array.of(grid.scale)),
    })
    const zeroPoint = this.#make({
      name: `${name}_zero_point`,
      dtype: this.#options.activations.dtype,
      shape: [],
      data: Uint8Array.of(grid.zeroPoint),
    })
    return { scale, zeroPoint, grids: async () => [grid], count: 1 }
  }

  #addActivation(name: string, places: Places): void {
    this.#places.set(name, places)
    const { inputs, outputs } = this.#model.graph
    const isOutput = outputs.some(value => value.name === name) && !inputs.some(value => value.name === name)
    const from = isOutput ? this.#fresh(`${name}_QuantizeLinear_Input`) : name
    const to = isOutput ? name : this.#fresh(`${name}_DequantizeLinear_Output`)
    if (isOutput) this.#given.set(name, from)
    else this.#renamed.set(name, to)
    const between = this.#fresh(`${name}_QuantizeLinear_Output`)
    const own = [places.scale, places.zeroPoint]
    this.#after.set(from, [
      {
        op: 'QuantizeLinear',
        name: `${name}_QuantizeLinear`,
        inputs: [from, ...own],
        outputs: [between],
      },
      {
        op: 'DequantizeLinear',
        name: `${name}_DequantizeLinear`,
        inputs: [between, ...own],
        outputs: [to],
      },
    ])
  }

  #addWeight(name: string, tensor: OnnxTensor): void {
    const { axis } = this.#plan.marks.get(name)!
    const weight = this.#weight(name, tensor)
    const [quantized, scale, zeroPoint] = [weight.quantized, weight.scale, weight.zeroPoint].map(each =>
      this.#make(each),
    )
    const to = this.#fresh(`${name}_DequantizeLinear_Output`)
    const count = axis === undefined ? 1 : tensor.shape[axis]!
    this.#places.set(name, { scale: scale!, zeroPoint: zeroPoint!, grids: weight.grids, count })
    this.#renamed.set(name, to)
    this.#before.set(to, {
      op: 'DequantizeLinear',
      name: `${name}_DequantizeLinear`,
      inputs: [quantized!, scale!, zeroPoint!],
      outputs: [to],
      ...(axis !== undefined && { attributes: { axis: { int: axis } } }),
    })
  }

  /** A constant that is no weight is laid as activations are, but for the bit that weights lack. */
  #weight(name: string, tensor: OnnxTensor): Int8Weight {
    const { kind, axis } = this.#plan.marks.get(name)!
    const { weights, activations } = this.#options
    const own = kind === 'weight' ? weights : activations
    const symmetric = kind === 'weight' ? weights.dtype === 'int8' : activations.symmetric
    return int8Weight(tensor, name, {
      type: { dtype: own.dtype, symmetric: axis !== undefined || symmetric, reduced: weights.reduced },
      ...(axis !== undefined && { axis }),
      ...(own.dtype === 'int8' && {
        adjust: grids => this.#forBiases(name, grids, axis !== undefined),
      }),
    })
  }

  async #forBiases(
    weight: string,
    grids: readonly Int8Grid[],
    perChannel: boolean,
  ): Promise<readonly Int8Grid[]> {
    let current = grids
    for (const bias of this.#plan.biases.values()) {
      if (bias.weight !== weight) continue
      // The input's own range, also where it lies on the places of another.
      const range = this.#plan.ranges.get(bias.input)
      if (range && this.#plan.marks.has(bias.input))
        current = await widened(current, bias.tensor, this.#gridOf(range).scale, perChannel)
    }
    return current
  }

  #addBias(name: string): void {
    // It is taken as a value too, and has places already.
    if (this.#plan.marks.has(name)) return
    const bias = this.#plan.biases.get(name)!
    const [input, weight] = [this.#places.get(bias.input), this.#places.get(bias.weight)]
    if (!input || !weight) return
    const made = int32Bias(bias.tensor, {
      name,
      input: async () => (await input.grids())[0]!,
      weight: weight.grids,
      count: weight.count,
    })
    const inputs = [made.quantized, made.scale, made.zeroPoint].map(each => this.#make(each))
    this.#replaced.add(name)
    this.#before.set(name, {
      op: 'DequantizeLinear',
      name: `${name}_DequantizeLinear`,
      inputs,
      outputs: [name],
      ...(made.count > 1 && { attributes: { axis: { int: 0 } } }),
    })
  }

  #make(tensor: OnnxTensor): string {
    const name = this.#fresh(tensor.name)
    this.#made.push({ ...tensor, name })
    return name
  }

  *#nodes(): Generator<OnnxNode, void> {
    const { graph } = this.#model
    for (const { name } of graph.inputs) yield* this.#after.get(name) ?? []
    for (const [i, placed] of this.#plan.nodes.entries()) {
      if (placed.removed) continue
      const inputs = placed.inputs.map(name => this.#renamed.get(name) ?? name)
      for (const name of [...inputs, ...bodyNames(graph.nodes[i]!)]) {
        const before = this.#before.get(name)
        if (before) yield before
        this.#before.delete(name)
      }
      const outputs = placed.outputs.map(name => this.#given.get(name) ?? name)
      yield { ...graph.nodes[i]!, inputs, outputs }
      for (const name of outputs) yield* this.#after.get(name) ?? []
    }
    // Constants that bodies or the model's outputs take alone.
    yield* this.#before.values()
  }
}
