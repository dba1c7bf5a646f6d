import type { OnnxDtype } from '../../../formats/index.ts'
import type { Emitter, Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import type { Convert, OpTable } from '../op.ts'
import { emit, input, int64, invalid, like, rankOf } from './emit.ts'

/*
 * ONNX Runtime has no complex tensors. A complex value here is a tensor with one axis more, of real and imaginary parts,
 * under the type and shape that it has in TensorFlow. Only the ops of this file know that; others refuse it.
 */

const isComplex = ({ dtype }: Value): boolean => dtype === 'complex64' || dtype === 'complex128'

/** The tensor that a complex value is: `[…, 2]`. */
function partsOf(x: Value): Value {
  if (!isComplex(x)) throw invalid(`A complex number is expected, and ${x.dtype} is given`)
  const dtype: OnnxDtype = x.dtype === 'complex64' ? 'float32' : 'float64'
  return { name: x.name, dtype, ...(x.shape && { shape: [...x.shape, 2] }) }
}

/** A complex value of the tensor that it is: `[…, 2]`. */
export function complexOf({ name, dtype, shape }: Value): Value {
  return {
    name,
    dtype: dtype === 'float32' ? 'complex64' : 'complex128',
    ...(shape && { shape: shape.slice(0, -1) }),
  }
}

const partOf = (b: Emitter, x: Value, part: 0 | 1): Value =>
  b.op('Gather', [partsOf(x), b.scalar('int64', part)], { attributes: { axis: { int: -1 } } })

const real: Convert = call => {
  const x = input(call, 0)
  return isComplex(x) ? partOf(call.emitter, x, 0) : x
}

const imaginary: Convert = call => partOf(call.emitter, input(call, 0), 1)

/** The two parts broadcast together. */
const complex: Convert = call => {
  const { emitter: b } = call
  const [re, im] = [input(call, 0), input(call, 1)]
  return joined(b, b.op('Expand', [re, b.op('Shape', [im])]), b.op('Expand', [im, b.op('Shape', [re])]))
}

function joined(b: Emitter, re: Value, im: Value): Value {
  const parts = [re, im].map(x => b.op('Unsqueeze', [x, b.ints([-1])]))
  return complexOf(b.op('Concat', parts, { attributes: { axis: { int: -1 } } }))
}

const bothParts = (b: Emitter, x: Value): readonly [Value, Value] => [partOf(b, x, 0), partOf(b, x, 1)]

/** (a + ci) · (d + ei) = ad − ce + (ae + cd)i. */
const product: Convert = call => {
  const { emitter: b } = call
  const [[a, c], [d, e]] = [bothParts(b, input(call, 0)), bothParts(b, input(call, 1))]
  const re = b.op('Sub', [b.op('Mul', [a, d]), b.op('Mul', [c, e])])
  return joined(b, re, b.op('Add', [b.op('Mul', [a, e]), b.op('Mul', [c, d])]))
}

/** e^a · (cos c + i sin c). */
const exponential: Convert = call => {
  const { emitter: b } = call
  const [a, c] = bothParts(b, input(call, 0))
  const size = b.op('Exp', [a])
  return joined(b, b.op('Mul', [size, emit(b, 'Cos', [c])]), b.op('Mul', [size, emit(b, 'Sin', [c])]))
}

/** Ops that move numbers or add them up: what they do with a complex one, they do with each of its parts. */
const BY_PARTS: ReadonlySet<string> = new Set(
  [
    'Add AddV2 AddN Sub Neg Sum Mean Cumsum Reshape Squeeze ExpandDims Transpose BroadcastTo Tile Slice StridedSlice',
    'Concat ConcatV2 Pack Unpack Split SplitV Gather GatherV2 GatherNd Pad Reverse ReverseV2 Roll Select SelectV2',
  ].flatMap(names => names.split(' ')),
)

/** The converter of an op of real numbers, for complex ones too. Others refuse them. */
export function withComplex(op: string, convert: Convert): Convert {
  return async call => {
    if (!call.inputs.some(isComplex)) return convert(call)
    const own = Object.hasOwn(COMPLEX_ARITHMETIC, op) ? COMPLEX_ARITHMETIC[op] : undefined
    if (own) return own(call)
    if (!BY_PARTS.has(op)) throw new Refusal('of complex numbers')
    const { emitter: b, inputs } = call
    const of = async (part: 0 | 1): Promise<readonly (Value | undefined)[]> => {
      const parts = inputs.map(x => (isComplex(x) ? partOf(b, x, part) : x))
      const made = await convert({ ...call, inputs: parts })
      return 'dtype' in made ? [made] : made
    }
    const [re, im] = [await of(0), await of(1)]
    return re.map((x, i) => x && im[i] && joined(b, x, im[i]))
  }
}

/** What ops of real numbers do with complex ones. */
const COMPLEX_ARITHMETIC: Readonly<Record<string, Convert>> = {
  Mul: product,
  Exp: exponential,
}

const magnitude: Convert = call => {
  const { emitter: b } = call
  const options = { attributes: { keepdims: { int: 0 } } }
  return b.op('ReduceL2', [partsOf(input(call, 0)), b.ints([-1])], options)
}

const conjugate: Convert = call => {
  const { emitter: b } = call
  const x = input(call, 0)
  if (!isComplex(x)) return x
  const parts = partsOf(x)
  return complexOf(b.op('Mul', [parts, b.constant(parts.dtype, [2], [1, -1])]))
}

/** The transform along one axis, counted from the back without the axis of parts. */
function transformed(
  b: Emitter,
  parts: Value,
  axis: number,
  { length, inverse = false, onesided = false }: { length?: Value; inverse?: boolean; onesided?: boolean },
): Value {
  return b.op('DFT', [parts, length, b.scalar('int64', axis - 1)], {
    attributes: { inverse: { int: Number(inverse) }, onesided: { int: Number(onesided) } },
  })
}

/** Of complex numbers, along the last axes. */
const fft =
  (axes: number, inverse: boolean): Convert =>
  call => {
    const { emitter: b } = call
    const x = input(call, 0)
    atLeast(rankOf(x), axes)
    const places = Array.from({ length: axes }, (_, i) => -1 - i)
    return complexOf(places.reduce((y, axis) => transformed(b, y, axis, { inverse }), batched(b, partsOf(x))))
  }

/** Of real numbers, cut or filled up to the given lengths: half the last axis and one, as the rest mirrors it. */
const rfft =
  (axes: number): Convert =>
  call => {
    const { emitter: b } = call
    const x = input(call, 0)
    atLeast(rankOf(x), axes)
    const lengths = int64(b, input(call, 1))
    const lengthOf = (i: number): Value => b.op('Gather', [lengths, b.scalar('int64', i)])
    const column = batched(b, b.op('Unsqueeze', [x, b.ints([-1])]))
    const half = transformed(b, column, -1, { length: lengthOf(axes - 1), onesided: true })
    const places = Array.from({ length: axes - 1 }, (_, i) => i)
    const whole = places.reduce((y, i) => transformed(b, y, i - axes, { length: lengthOf(i) }), half)
    return complexOf(whole)
  }

/** ONNX Runtime transforms tensors of batches only. */
function batched(_b: Emitter, parts: Value): Value {
  if (parts.shape && parts.shape.length < 3)
    throw new Refusal('of a signal without a batch', 'Give it an axis in front.')
  return parts
}

function atLeast(rank: number, axes: number): void {
  if (rank < axes) throw invalid(`A transform along ${axes} axes of a tensor that has ${rank}`)
}

/** Real numbers from half a spectrum: its other half is the conjugate, backwards. */
const irfft: Convert = async call => {
  const { emitter: b } = call
  const parts = batched(b, partsOf(input(call, 0)))
  const [length = 0] = await call.integers(1)
  if (length < 1) throw invalid(`${call.op} '${call.name}' has the length ${length}`)
  const half = Math.floor(length / 2) + 1
  const axis = b.ints([-2])
  const given = sized(b, parts, half)
  const rest = length - half
  const mirrored = b.op('Slice', [given, b.ints([rest]), b.ints([0]), axis, b.ints([-1])])
  const other = b.op('Mul', [mirrored, b.constant(parts.dtype, [2], [1, -1])])
  const whole = rest > 0 ? b.op('Concat', [given, other], { attributes: { axis: { int: -2 } } }) : given
  const y = transformed(b, whole, -1, { inverse: true })
  return b.op('Gather', [y, b.scalar('int64', 0)], { attributes: { axis: { int: -1 } } })
}

/** The first bins; zeros where there are fewer. */
function sized(b: Emitter, parts: Value, bins: number): Value {
  const axis = b.ints([-2])
  const padded = emit(b, 'Pad', [parts, b.ints([0, bins]), like(b, parts, 0), axis], { computed: [0, 2] })
  return b.op('Slice', [padded, b.ints([0]), b.ints([bins]), axis])
}

const BATCHED = 'of signals in a batch'

export const complexOps: OpTable = {
  Real: { convert: real },
  Imag: { convert: imaginary },
  Complex: { convert: complex },
  ComplexAbs: { convert: magnitude },
  Conj: { convert: conjugate },
  FFT: { convert: fft(1, false), limits: BATCHED },
  FFT2D: { convert: fft(2, false), limits: BATCHED },
  IFFT: { convert: fft(1, true), limits: BATCHED },
  IFFT2D: { convert: fft(2, true), limits: BATCHED },
  RFFT: { convert: rfft(1), limits: BATCHED },
  RFFT2D: { convert: rfft(2), limits: BATCHED },
  IRFFT: { convert: irfft, limits: BATCHED },
}
