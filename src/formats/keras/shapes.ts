import { type JsonObject, listMember, member } from './config/json.ts'
import { type Layer, type Model, readModel, shapeOf } from './config/model.ts'
import { refName } from './config/refs.ts'
import { MAX_MODEL_DEPTH } from './limits.ts'
import { RULES, type Shape } from './rules.ts'

/** The shape that an input layer, or a layer that was made with one, states: Keras 3, 2 and 1 name it differently. */
export function statedShape(config: JsonObject): Shape | undefined {
  const whole = shapeOf(member(config, 'batch_shape')) ?? shapeOf(member(config, 'batch_input_shape'))
  if (whole) return whole
  const single = shapeOf(member(config, 'input_shape'))
  return single && [null, ...single]
}

/** Shapes of a model's tensors by `refName`: those that the config states, and what follows for well-known layers. */
export function shapesOf(model: Model): ReadonlyMap<string, Shape> {
  return propagate(model, new Map(), 0)
}

/** What each model within gives, by its config: it is called often, and worked out once. */
type Known = Map<JsonObject, Shape | undefined>

function propagate(model: Model, known: Known, depth: number): ReadonlyMap<string, Shape> {
  const shapes = new Map<string, Shape>()
  for (const layer of model.layers) for (const [name, shape] of layer.shapes) shapes.set(name, shape)
  let before: Shape | undefined = shapeOf(member(model.config, 'build_input_shape'))
  for (const layer of model.layers) {
    const calls = layer.calls.length > 0 ? layer.calls : [undefined]
    calls.forEach((call, node) => {
      const name = refName({ layer: layer.name, node, tensor: 0 })
      const inputs =
        call && call.length > 0
          ? call.map(ref => shapes.get(refName(ref)))
          : [statedShape(layer.config) ?? before]
      if (node === 0 && layer.builtFor && inputs.length === 1) inputs[0] ??= layer.builtFor
      const shape = shapes.get(name) ?? outputOf(layer, inputs, known, depth)
      if (shape) shapes.set(name, shape)
      before = shape
    })
  }
  return shapes
}

function outputOf(
  layer: Layer,
  inputs: readonly (Shape | undefined)[],
  known: Known,
  depth: number,
): Shape | undefined {
  if (layer.className === 'InputLayer') return statedShape(layer.config)
  const rule = RULES.get(layer.className)
  if (rule) return rule(inputs, layer.config)
  if (!listMember(layer.config, 'layers') || depth >= MAX_MODEL_DEPTH) return undefined
  if (known.has(layer.config)) return known.get(layer.config)
  const inner = readModel({ class_name: layer.className, config: layer.config })
  const last = inner && lastTensor(inner)
  const shape = last === undefined ? undefined : propagate(inner!, known, depth + 1).get(last)
  known.set(layer.config, shape)
  return shape
}

/** The name of a model's only output; undefined where there are several, or none. */
function lastTensor({ kind, outputs, layers }: Model): string | undefined {
  if (kind === 'functional') return outputs.length === 1 ? refName(outputs[0]!) : undefined
  return layers.at(-1)?.name
}
