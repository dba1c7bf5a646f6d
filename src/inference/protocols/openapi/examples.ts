import { type Dtype, elementCount, type Json } from '../../../core/index.ts'
import type { TableColumn, TensorSpec } from '../../../model/index.ts'
import type { ServedModel } from '../codec.ts'

/** An example is to be read: larger tensors are described, and not shown. */
const MAX_EXAMPLE_ELEMENTS = 1024
/** Of a free axis behind the first, as models are warmed up with. */
const FREE_SIZE = 16
/** A PNG of 8 × 8 pixels. */
export const EXAMPLE_IMAGE: string =
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAZElEQVQI152ONw4DMQwE9WJJpU45p1ffAC4MuHRDcMOAFFLKvbcxJoQwxkgpWWuRotaac55zeu977+yttXOO0FrjPs9Dl6CU4pxD/hLEOP8RSimeoRJj5OyXwEWstSCYH+Le+wI5al+wt4mT3AAAAABJRU5ErkJggg=='

export interface ExampleTensor {
  readonly spec: TensorSpec
  readonly shape: readonly number[]
  /** In order. */
  readonly data: readonly Json[]
}

/** A tensor of one row for each input; undefined where one would be too large to be read. */
export function exampleTensors({ signature }: ServedModel): readonly ExampleTensor[] | undefined {
  const examples = signature.inputs.map(spec => {
    const shape = spec.shape.map((size, axis) =>
      typeof size === 'number' ? size : axis === 0 ? 1 : FREE_SIZE,
    )
    const count = elementCount(shape)
    if (count > MAX_EXAMPLE_ELEMENTS) return undefined
    return { spec, shape, data: Array.from({ length: count }, (_, i) => elementOf(spec.dtype, i)) }
  })
  return examples.includes(undefined) ? undefined : examples.filter(example => example !== undefined)
}

/** Elements of an example, nested by a part of its shape. */
export function nested(data: readonly Json[], shape: readonly number[]): Json {
  const [size, ...rest] = shape
  if (size === undefined) return data[0]!
  const step = elementCount(rest)
  return Array.from({ length: size }, (_, i) => nested(data.slice(i * step, (i + 1) * step), rest))
}

/** Whole numbers are 0: they may be indexes. */
function elementOf(dtype: Dtype, index: number): Json {
  if (dtype === 'string') return 'text'
  if (dtype === 'bool') return false
  // Numbers that float16 holds as well.
  return dtype.includes('float') ? (index % 8) / 8 : 0
}

const OF_COLUMN: Readonly<Record<TableColumn['type'], Json>> = {
  float: 0.5,
  integer: 1,
  boolean: true,
  text: 'text',
  category: '',
  date: '2026-01-31',
}

export function exampleOfColumn({ type, values }: TableColumn): Json {
  return values?.[0] ?? OF_COLUMN[type]
}
