import type { Json } from '../../../core/index.ts'
import type { KerasLayer } from '../../../formats/index.ts'
import type { GraphBuilder } from '../../graph/builder.ts'
import type { Size } from '../../graph/types.ts'
import { Refusal, type Refusals } from '../../refusals.ts'
import { LayerConfig } from '../config.ts'
import type { Carried } from '../layer.ts'
import { inputDtype } from '../policy.ts'
import type { Plan, Port } from './plan.ts'

type StatedShape = readonly (number | null)[]

/** The inputs of the graph for those of the model, by the keys of their tensors; undefined where one is refused. */
export function declareInputs(
  builder: GraphBuilder,
  plan: Plan,
  refusals: Refusals,
): ReadonlyMap<string, Carried> {
  const values = new Map<string, Carried>()
  for (const port of plan.inputs) {
    const { layer, node, tensor } = port.ref
    const source = { name: layer, kind: 'InputLayer' }
    try {
      values.set(JSON.stringify([layer, node, tensor]), inputOf(builder, plan, port))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      refusals.add(source, error.why, error.hint)
    }
  }
  return values
}

function inputOf(builder: GraphBuilder, plan: Plan, { ref, key }: Port): Carried {
  const { model } = plan
  const layer = model.layers.find(({ name }) => name === ref.layer)
  const [first] = model.layers
  const config = new LayerConfig((layer ?? first)?.config ?? {}, { name: ref.layer, kind: 'InputLayer' })
  if (config.bool('sparse', false) || config.bool('ragged', false))
    throw new Refusal('inputs that are sparse or ragged', 'Give the model dense tensors.')
  const stated = statedShape(config) ?? builtShape(model.config, layer ?? first)
  if (!stated)
    throw new Refusal(
      'an input whose shape is not in the file',
      'Add keras.Input(shape) in front of the first layer.',
    )
  const shape = stated.map((size, axis): Size => size ?? (axis === 0 ? 'N' : null))
  const dtype = inputDtype(config.get('input_dtype') ?? config.get('dtype'))
  return builder.input(key ?? ref.layer, { dtype, shape })
}

/** Keras 3, 2 and 1 name it differently. */
function statedShape(config: LayerConfig): StatedShape | undefined {
  const whole = shapeAt(config, 'batch_shape') ?? shapeAt(config, 'batch_input_shape')
  if (whole) return whole
  const single = shapeAt(config, 'input_shape') ?? shapeAt(config, 'shape')
  if (single) return [null, ...single]
  // Keras 1 and 2: Dense(…, input_dim=4), Embedding(…, input_length=10).
  if (config.has('input_dim') && config.has('input_length')) return [null, config.int('input_length')]
  return undefined
}

function shapeAt(config: LayerConfig, key: string): StatedShape | undefined {
  const value = config.get(key)
  if (!Array.isArray(value)) return undefined
  const list: readonly Json[] = value
  const sane =
    list.length <= 16 && list.every(size => size === null || (Number.isInteger(size) && Number(size) >= 0))
  return sane ? (list as StatedShape) : config.fail(key, 'a shape of sizes and nulls')
}

/** What a Sequential without an input was built for. */
function builtShape(config: KerasLayer['config'], first: KerasLayer | undefined): StatedShape | undefined {
  const model = new LayerConfig(config, { name: 'model', kind: 'Sequential' })
  return shapeAt(model, 'build_input_shape') ?? first?.builtFor
}
