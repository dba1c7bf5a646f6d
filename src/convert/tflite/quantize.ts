import type { LiteTensor, OnnxDtype } from '../../formats/index.ts'
import type { Emitter, Value } from '../graph/types.ts'
import { Refusal } from '../refusals.ts'

/** Types whose tensors, with a scale, stand for real numbers: TensorFlow Lite's quantization specification. */
const STORED: ReadonlySet<string> = new Set(['int8', 'uint8', 'int16', 'int32', 'int64'])

export function isQuantized({ quantization, dtype }: LiteTensor): boolean {
  return quantization !== undefined && STORED.has(dtype)
}

interface Scales {
  readonly inputs: readonly [scale: Value, zeroPoint: Value]
  readonly attributes: { readonly axis?: { readonly int: number } }
}

/** Scale and zero point, one or one for each place along an axis. */
function scalesOf(b: Emitter, { quantization, dtype, shape }: LiteTensor, axis: number): Scales {
  const { scale, zeroPoint } = quantization!
  const points = scale.map((_, i) => zeroPoint[i] ?? zeroPoint[0] ?? 0)
  const stored = dtype as OnnxDtype
  if (scale.length === 1)
    return { inputs: [b.scalar('float32', scale[0]!), b.scalar(stored, points[0]!)], attributes: {} }
  if (shape[axis] !== scale.length)
    throw new Refusal(`${scale.length} scales over ${String(shape[axis])} places`)
  return {
    inputs: [b.constant('float32', [scale.length], scale), b.constant(stored, [scale.length], points)],
    attributes: { axis: { int: axis } },
  }
}

/** The real numbers that a tensor stands for. */
export function dequantized(b: Emitter, stored: Value, tensor: LiteTensor): Value {
  const { inputs, attributes } = scalesOf(b, tensor, tensor.quantization?.axis ?? 0)
  const { shape } = stored
  // ONNX knows int64 as no quantized type; biases of 16 × 8 bits have it.
  if (stored.dtype === 'int64')
    return b.op('Mul', [b.op('Cast', [stored], { attributes: { to: { int: 1 } } }), inputs[0]])
  // A bias of 32 bits has no zero point.
  const given = stored.dtype === 'int32' ? [stored, inputs[0]] : [stored, ...inputs]
  return b.op('DequantizeLinear', given, {
    attributes,
    types: [{ dtype: 'float32', ...(shape && { shape }) }],
  })
}

/** Real numbers as they are stored: rounded to the scale and cut off at the type's ends. */
export function quantized(b: Emitter, real: Value, tensor: LiteTensor): Value {
  const { inputs, attributes } = scalesOf(b, tensor, tensor.quantization?.axis ?? 0)
  const { shape } = real
  const type = { dtype: tensor.dtype as OnnxDtype, ...(shape && { shape }) }
  return b.op('QuantizeLinear', [real, ...inputs], { attributes, types: [type] })
}
