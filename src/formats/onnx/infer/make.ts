import { broadcast } from './broadcast.ts'
import { dtypeOf, intOf, intsOf, numbersOf, open, sizesOf, typed, unfit } from './read.ts'
import { multiply, sizeOf } from './sizes.ts'
import type { NodeToInfer, Rule } from './types.ts'
import type { Element, Shape, Size } from './values.ts'

const expand: Rule = ({ inputs: [x, target] }) => {
  if (!x) return undefined
  return [typed(x.dtype, broadcast(x.shape, sizesOf(target)?.map(sizeOf)))]
}

const tile: Rule = ({ inputs: [x, repeats] }) => {
  if (!x) return undefined
  if (!x.shape) return [typed(x.dtype, undefined)]
  const times = repeats?.known
  if (times && times.length !== x.shape.length)
    throw unfit(`Tile: ${times.length} repeats of ${x.shape.length} axes`)
  return [
    typed(
      x.dtype,
      x.shape.map((size, i) => multiply([size, sizeOf(times?.[i] ?? null)])),
    ),
  ]
}

/** max(⌈(limit − start) / delta⌉, 0) elements. */
const range: Rule = ({ inputs }) => {
  const [first] = inputs
  if (!first) return undefined
  const [start, limit, delta] = inputs.map(value => value?.known?.[0])
  return [typed(first.dtype, [steps(start, limit, delta)])]
}

function steps(start: Element | undefined, limit: Element | undefined, delta: Element | undefined): Size {
  if (typeof start !== 'number' || typeof delta !== 'number') return null
  if (typeof limit === 'string') return start === 0 && delta === 1 ? limit : null
  if (typeof limit !== 'number') return null
  if (delta === 0) throw unfit('Range: its delta is 0')
  return Math.max(Math.ceil((limit - start) / delta), 0)
}

const constantOfShape: Rule = ({ inputs: [target], attributes: { value } }) => {
  const dtype = value && 'tensor' in value ? value.tensor.dtype : 'float32'
  return [typed(dtype, sizesOf(target)?.map(sizeOf))]
}

const eyeLike: Rule = node => {
  const [x] = node.inputs
  return x && [typed(dtypeOf(node, 'dtype', x.dtype), x.shape ?? open(2))]
}

/** Of a `shape` attribute. */
const random: Rule = node => [typed(dtypeOf(node, 'dtype', 'float32'), intsOf(node, 'shape'))]

const randomLike: Rule = node => {
  const [x] = node.inputs
  return x && [typed(dtypeOf(node, 'dtype', x.dtype), x.shape)]
}

const multinomial: Rule = node => {
  const [x] = node.inputs
  return [typed(dtypeOf(node, 'dtype', 'int32'), [x?.shape?.[0] ?? null, intOf(node, 'sample_size', 1)])]
}

const window: Rule = node => [
  typed(dtypeOf(node, 'output_datatype', 'float32'), [sizeOf(node.inputs[0]?.known?.[0] ?? null)]),
]

/** The attribute that a Constant has. */
const constant: Rule = ({ attributes }) => {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'value' && 'tensor' in value) return [typed(value.tensor.dtype, value.tensor.shape)]
    if (name === 'value_float') return [typed('float32', [])]
    if (name === 'value_int') return [typed('int64', [])]
    if (name === 'value_string') return [typed('string', [])]
    if (name === 'value_floats' && 'floats' in value) return [typed('float32', [value.floats.length])]
    if (name === 'value_ints' && 'ints' in value) return [typed('int64', [value.ints.length])]
    if (name === 'value_strings' && 'texts' in value) return [typed('string', [value.texts.length])]
  }
  return undefined
}

/** x, its length: along one axis, as pairs of real and imaginary parts. */
const dft: Rule = node => {
  const [x, length, axisInput] = node.inputs
  if (!x) return undefined
  const axis = axisInput ? numbersOf(axisInput)?.[0] : -2
  if (!x.shape || axis === undefined) return [typed(x.dtype, x.shape && open(x.shape.length))]
  const at = axis < 0 ? axis + x.shape.length : axis
  const onesided = intOf(node, 'onesided', 0) !== 0
  const whole = length ? (length.known?.[0] ?? null) : (x.shape[at] ?? null)
  const size = onesided ? (typeof whole === 'number' ? Math.floor(whole / 2) + 1 : null) : whole
  return [
    typed(
      x.dtype,
      x.shape.map((old, i) => (i === x.shape!.length - 1 ? 2 : i === at ? size : old)),
    ),
  ]
}

/** Signal, step, window, length of a frame: [batch, frames, bins, 2]. */
const stft: Rule = node => {
  const [x, , frameWindow, length] = node.inputs
  if (!x) return undefined
  const size = numbersOf(length)?.[0] ?? frameWindow?.shape?.[0]
  const bins =
    typeof size !== 'number' ? null : intOf(node, 'onesided', 1) !== 0 ? Math.floor(size / 2) + 1 : size
  return [typed(x.dtype, [x.shape?.[0] ?? null, frames(node, size), bins, 2])]
}

function frames({ inputs: [x, step] }: NodeToInfer, size: Size | undefined): Size {
  const [samples, by] = [x?.shape?.[1], numbersOf(step)?.[0]]
  if (typeof samples !== 'number' || typeof size !== 'number' || !by) return null
  return Math.floor((samples - size) / by) + 1
}

const melWeightMatrix: Rule = node => {
  const [bins, length] = node.inputs
  const whole = numbersOf(length)?.[0]
  const shape: Shape = [whole === undefined ? null : Math.floor(whole / 2) + 1, numbersOf(bins)?.[0] ?? null]
  return [typed(dtypeOf(node, 'output_datatype', 'float32'), shape)]
}

export const make: Readonly<Record<string, Rule>> = {
  Expand: expand,
  Tile: tile,
  Range: range,
  ConstantOfShape: constantOfShape,
  EyeLike: eyeLike,
  Constant: constant,
  RandomNormal: random,
  RandomUniform: random,
  RandomNormalLike: randomLike,
  RandomUniformLike: randomLike,
  Bernoulli: randomLike,
  Multinomial: multinomial,
  HannWindow: window,
  HammingWindow: window,
  BlackmanWindow: window,
  DFT: dft,
  STFT: stft,
  MelWeightMatrix: melWeightMatrix,
}
