import { encodeElements, type OnnxAttribute, type Value } from '../../formats/index.ts'

type Attributes = Readonly<Record<string, OnnxAttribute>>
type Inputs = readonly (Value | undefined)[]

/** An operator, and what it takes, as the rules of shapes know them. */
export interface Asked {
  readonly op: string
  readonly inputs: Inputs
}

/** What stood in attributes, as the inputs that it became. */
const told =
  (...names: readonly string[]) =>
  (op: string, inputs: Inputs, attributes: Attributes): Asked => ({
    op,
    inputs: [...inputs, ...names.map(name => given(attributes[name]))],
  })

/** Scales were the second input; now they are the third. */
const resized = (_: string, [x, scales]: Inputs): Asked => ({ op: 'Resize', inputs: [x, undefined, scales] })

/** Opsets from which on an operator's inputs mean what the rules take them for, and how older ones are told. */
const OLDER: Readonly<
  Record<string, readonly [since: number, (op: string, inputs: Inputs, attributes: Attributes) => Asked]>
> = {
  Clip: [11, told('min', 'max')],
  Pad: [11, told('pads')],
  Resize: [11, resized],
  Slice: [10, told('starts', 'ends', 'axes')],
  Split: [13, told('split')],
  TopK: [10, told('k')],
  // It is gone since 10.
  Upsample: [10, resized],
}

/** Operators that gave something else before: nothing is told of them. */
const OTHERS: Readonly<Record<string, number>> = { DFT: 20, Scan: 9 }

/** Undefined where no rule fits this opset. */
export function asked(op: string, inputs: Inputs, attributes: Attributes, opset: number): Asked | undefined {
  if (Object.hasOwn(OTHERS, op) && opset < OTHERS[op]!) return undefined
  const [since = 0, adapt] = Object.hasOwn(OLDER, op) ? OLDER[op]! : []
  return adapt && opset < since ? adapt(op, inputs, attributes) : { op, inputs }
}

function given(attribute: OnnxAttribute | undefined): Value | undefined {
  if (!attribute) return undefined
  if ('int' in attribute) return integers([1], [attribute.int])
  if ('ints' in attribute) return integers([attribute.ints.length], attribute.ints)
  return 'float' in attribute
    ? { name: '', dtype: 'float32', shape: [], known: [attribute.float] }
    : undefined
}

function integers(shape: readonly number[], elements: readonly (number | bigint)[]): Value {
  const type = { name: '', dtype: 'int64', shape } as const
  const known = elements.map(Number).map(item => (Number.isSafeInteger(item) ? item : null))
  return { ...type, known, tensor: { ...type, data: encodeElements('int64', elements) } }
}
