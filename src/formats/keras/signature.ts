import type { Signature, SignatureValue, TensorDtype } from '../types.ts'
import { type JsonObject, member, objectMember, textMember } from './config/json.ts'
import type { Layer, Model } from './config/model.ts'
import { type Ref, refName } from './config/refs.ts'
import type { Shape } from './rules.ts'
import { shapesOf, statedShape } from './shapes.ts'

const DTYPES: ReadonlySet<string> = new Set(
  'float64 float32 float16 bfloat16 int64 int32 int16 int8 uint64 uint32 uint16 uint8 bool string complex64 complex128'.split(
    ' ',
  ),
)

/** A model's inputs and outputs by its input and output layers; shapes as far as the config tells. */
export function signatureOf(model: Model): Signature | undefined {
  const shapes = shapesOf(model)
  const layers = new Map(model.layers.map(layer => [layer.name, layer]))
  const inputs = inputRefs(model)
  const last = model.layers.at(-1)
  const outputs = model.kind === 'functional' ? model.outputs : last ? [refTo(last)] : []
  if (inputs.length === 0 && outputs.length === 0) return undefined
  return {
    name: model.name,
    inputs: inputs.map(ref =>
      signatureValue(ref, layers, shapes.get(refName(ref)) ?? inputShape(model, layers.get(ref.layer))),
    ),
    outputs: outputs.map(ref => signatureValue(ref, layers, shapes.get(refName(ref)))),
  }
}

const refTo = ({ name }: Layer): Ref => ({ layer: name, node: 0, tensor: 0 })

function inputRefs(model: Model): readonly Ref[] {
  if (model.kind === 'functional') return model.inputs
  const [first] = model.layers
  return first ? [refTo(first)] : []
}

/** Of a Sequential without an input layer: what its first layer states. */
function inputShape(model: Model, layer: Layer | undefined): Shape | undefined {
  return (layer && statedShape(layer.config)) ?? model.layers[0]?.builtFor
}

function signatureValue(
  ref: Ref,
  layers: ReadonlyMap<string, Layer>,
  shape: Shape | undefined,
): SignatureValue {
  const layer = layers.get(ref.layer)
  const dtype = layer && dtypeOf(layer.config)
  const sparse = layer && member(layer.config, 'sparse') === true
  return {
    name: refName(ref),
    kind: sparse ? 'sparse-tensor' : 'tensor',
    ...(dtype !== undefined && { dtype }),
    ...(shape && { shape }),
  }
}

/** A layer's dtype: a name, or a policy, whose mixed ones compute in half precision. */
function dtypeOf(config: JsonObject): TensorDtype | undefined {
  const policy = objectMember(config, 'dtype')
  const inner = policy && objectMember(policy, 'config')
  const name =
    textMember(config, 'dtype') ?? (inner && textMember(inner, 'name')) ?? textMember(config, 'input_dtype')
  const plain = name?.replace(/^mixed_/, '')
  return plain !== undefined && DTYPES.has(plain) ? (plain as TensorDtype) : undefined
}
