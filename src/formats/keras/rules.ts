import { type JsonObject, member, objectMember, textMember } from './config/json.ts'
import { shapeOf } from './config/model.ts'

/** Sizes, and null where any will do. */
export type Shape = readonly (number | null)[]

/** What a layer gives for what it gets; undefined where that is not known. */
type Rule = (inputs: readonly (Shape | undefined)[], config: JsonObject) => Shape | undefined

const same: Rule = ([shape]) => shape
const merged: Rule = shapes => {
  const [first] = shapes
  return shapes.every(shape => shape && JSON.stringify(shape) === JSON.stringify(first)) ? first : undefined
}
const recurrent: Rule = ([shape], config) => {
  const units = sizeOf(config, 'units')
  if (units === undefined || member(config, 'return_state') === true) return undefined
  const batch = shape?.[0] ?? null
  return member(config, 'return_sequences') === true ? [batch, shape?.[1] ?? null, units] : [batch, units]
}
const pooled: Rule = ([shape], config) => {
  if (member(config, 'keepdims') === true) return undefined
  const first = textMember(config, 'data_format') === 'channels_first'
  return [shape?.[0] ?? null, (first ? shape?.[1] : shape?.at(-1)) ?? null]
}

/** What comes after each step of a sequence, with the steps in front again. */
const perStep: Rule = ([shape], config) => {
  const inner = within(config)
  const step =
    inner && shape && RULES.get(inner.className)?.([[shape[0] ?? null, ...shape.slice(2)]], inner.config)
  return step && [step[0] ?? null, shape[1] ?? null, ...step.slice(1)]
}
const bidirectional: Rule = (inputs, config) => {
  const inner = within(config)
  const shape = inner && RULES.get(inner.className)?.(inputs, inner.config)
  const width = shape?.at(-1)
  if (!shape || typeof width !== 'number') return undefined
  return textMember(config, 'merge_mode') === 'concat' ? [...shape.slice(0, -1), 2 * width] : shape
}
const concatenated: Rule = (shapes, config) => {
  const [first] = shapes
  const axis = member(config, 'axis')
  if (!first || typeof axis !== 'number' || !shapes.every(shape => shape?.length === first.length))
    return undefined
  const at = axis < 0 ? first.length + axis : axis
  const sizes = shapes.map(shape => shape![at])
  const total = sizes.some(size => typeof size !== 'number')
    ? null
    : sizes.reduce<number>((sum, size) => sum + size!, 0)
  return first.map((size, d) => (d === at ? total : size))
}
const dense: Rule = ([shape], config) => {
  const units = sizeOf(config, 'units') ?? sizeOf(config, 'output_dim')
  return shape && shape.length > 0 && units !== undefined ? [...shape.slice(0, -1), units] : undefined
}
const embedded: Rule = ([shape], config) => {
  const width = sizeOf(config, 'output_dim')
  return shape && width !== undefined ? [...shape, width] : undefined
}
const flattened: Rule = ([shape]) => [shape?.[0] ?? null, product(shape?.slice(1))]
const reshaped: Rule = ([shape], config) => {
  const target = shapeOf(member(config, 'target_shape'))
  return target && [shape?.[0] ?? null, ...target.map(size => (size === -1 ? null : size))]
}
const attended: Rule = ([query], config) => (member(config, 'output_shape') === null ? query : undefined)
const lookedUp: Rule = ([shape], config) => (textMember(config, 'output_mode') === 'int' ? shape : undefined)

/** What well-known layers give; of others nothing is known. */
export const RULES: ReadonlyMap<string, Rule> = new Map(
  [
    {
      rule: same,
      names:
        'Activation Dropout BatchNormalization LayerNormalization GroupNormalization UnitNormalization ' +
        'RMSNormalization Normalization Rescaling ReLU Softmax LeakyReLU PReLU ELU ThresholdedReLU GaussianNoise ' +
        'GaussianDropout AlphaDropout SpatialDropout1D SpatialDropout2D SpatialDropout3D ActivityRegularization ' +
        'Masking Identity',
    },
    { rule: merged, names: 'Add Subtract Multiply Average Maximum Minimum' },
    { rule: recurrent, names: 'LSTM GRU SimpleRNN CuDNNLSTM CuDNNGRU' },
    {
      rule: pooled,
      names:
        'GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D ' +
        'GlobalMaxPooling3D',
    },
    { rule: perStep, names: 'TimeDistributed' },
    { rule: bidirectional, names: 'Bidirectional' },
    { rule: concatenated, names: 'Concatenate' },
    { rule: dense, names: 'Dense' },
    { rule: embedded, names: 'Embedding' },
    { rule: flattened, names: 'Flatten' },
    { rule: reshaped, names: 'Reshape' },
    { rule: attended, names: 'MultiHeadAttention' },
    { rule: lookedUp, names: 'StringLookup IntegerLookup' },
  ].flatMap(({ rule, names }) => names.split(' ').map(name => [name, rule] as const)),
)

/** The layer that a wrapper holds, where it is none that wraps again. */
function within(config: JsonObject): { className: string; config: JsonObject } | undefined {
  const layer = objectMember(config, 'layer')
  const className = layer && textMember(layer, 'class_name')
  if (className === undefined || className === 'TimeDistributed' || className === 'Bidirectional')
    return undefined
  return { className, config: objectMember(layer!, 'config') ?? {} }
}

function sizeOf(config: JsonObject, key: string): number | undefined {
  const value = member(config, key)
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

function product(sizes: Shape | undefined): number | null {
  if (!sizes || sizes.includes(null)) return null
  const total = sizes.reduce<number>((all, size) => all * size!, 1)
  return Number.isSafeInteger(total) ? total : null
}
