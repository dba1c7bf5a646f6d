import { BallastError, DTYPES, type Dtype, type Tensor, type Tensors } from '../../core/index.ts'
import { DATATYPES } from '../predict/oip.ts'
import { generator } from './schedule.ts'

/** An input as a model's metadata tells it; −1 is a free size. */
export interface InputSpec {
  readonly name: string
  readonly datatype: string
  readonly shape: readonly number[]
}

export interface Sizes {
  /** Of the first free axis. */
  readonly batch: number
  /** Whole shapes by input, where the caller gives them. */
  readonly shapes: ReadonlyMap<string, readonly number[]>
}

/** A request of 256 MB would measure the network. */
const MAX_ELEMENTS = 64 * 2 ** 20

const DTYPE_OF: ReadonlyMap<string, Dtype> = new Map(DTYPES.map(dtype => [DATATYPES[dtype], dtype]))

/**
 * Made-up inputs: decimals uniform in [0, 1), whole numbers 0 or 1 (any table of words has these), texts of some
 * letters. `seed` makes them differ, so that a cache of answers is not what is measured. Throws INPUT_UNREADABLE.
 */
export function syntheticInputs(specs: readonly InputSpec[], sizes: Sizes, seed: number): Tensors {
  const random = generator(seed)
  const tensors: Record<string, Tensor> = Object.create(null)
  for (const spec of specs) tensors[spec.name] = synthetic(spec, sizes, random)
  return tensors
}

function synthetic(spec: InputSpec, sizes: Sizes, random: () => number): Tensor {
  const dtype = DTYPE_OF.get(spec.datatype)
  const shape = sizes.shapes.get(spec.name) ?? filled(spec.shape, sizes.batch)
  const count = shape.reduce((product, size) => product * size, 1)
  if (dtype === undefined || !(count >= 1 && count <= MAX_ELEMENTS)) {
    throw new BallastError('INPUT_UNREADABLE', {
      message: `No input can be made up for ${spec.name} ${spec.datatype}[${shape.join(', ')}]`,
      hint: 'Give one with --input, or its shape with --shape.',
    })
  }
  return { dtype, shape, data: DATA[dtype](count, random) }
}

/** The first free axis takes the batch, the others 1. */
function filled(shape: readonly number[], batch: number): readonly number[] {
  const first = shape.findIndex(size => size < 0)
  return shape.map((size, axis) => (size >= 0 ? size : axis === first ? batch : 1))
}

type Fill = (count: number, random: () => number) => Tensor['data']

const bit = (random: () => number): number => (random() < 0.5 ? 0 : 1)
/** Of half precision: 0, or 1 in the bits that the type has for it. */
const half =
  (one: number): Fill =>
  (count, random) =>
    Uint16Array.from({ length: count }, () => bit(random) * one)

const DATA: Readonly<Record<Dtype, Fill>> = {
  float32: (count, random) => Float32Array.from({ length: count }, random),
  float64: (count, random) => Float64Array.from({ length: count }, random),
  float16: half(0x3c00),
  bfloat16: half(0x3f80),
  int8: (count, random) => Int8Array.from({ length: count }, () => bit(random)),
  int16: (count, random) => Int16Array.from({ length: count }, () => bit(random)),
  int32: (count, random) => Int32Array.from({ length: count }, () => bit(random)),
  int64: (count, random) => BigInt64Array.from({ length: count }, () => BigInt(bit(random))),
  uint8: (count, random) => Uint8Array.from({ length: count }, () => Math.floor(random() * 256)),
  uint16: (count, random) => Uint16Array.from({ length: count }, () => bit(random)),
  uint32: (count, random) => Uint32Array.from({ length: count }, () => bit(random)),
  uint64: (count, random) => BigUint64Array.from({ length: count }, () => BigInt(bit(random))),
  bool: (count, random) => Uint8Array.from({ length: count }, () => bit(random)),
  string: (count, random) => Array.from({ length: count }, () => `text ${Math.floor(random() * 1000)}`),
}
