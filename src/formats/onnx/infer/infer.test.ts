import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { OnnxDtype } from '../types.ts'
import type { OnnxAttribute } from '../write/types.ts'
import { encodeElements } from './encode.ts'
import { inferTypes, rounded } from './index.ts'
import type { InferredType, NodeToInfer } from './types.ts'
import type { Domain, Shape, Size, Value } from './values.ts'

interface Typed {
  readonly dtype: OnnxDtype
  readonly shape?: Shape
}

interface Case {
  readonly op: string
  readonly domain?: Domain
  readonly inputs: readonly ((Typed & { readonly known?: readonly number[] }) | null)[]
  readonly attributes?: Readonly<Record<string, OnnxAttribute & { readonly hex?: string }>>
  readonly outputs: number
  /** Of onnx's own shape inference. */
  readonly inferred: readonly (Typed | null)[]
  /** Of ONNX Runtime: numpy's name of the type, and the shape. */
  readonly actual: readonly (readonly [string, readonly number[]])[] | null
}

const FIXTURES = new URL('../../../../test/fixtures/convert/infer/cases.json', import.meta.url)
const CASES = JSON.parse(readFileSync(FIXTURES, 'utf8')) as readonly Case[]
/** Sizes of the free axes when the nodes were run. */
const AXES: Readonly<Record<string, number>> = { N: 2, T: 5 }

function nodeOf({ op, domain = '', inputs, attributes = {}, outputs }: Case): NodeToInfer {
  return {
    op,
    domain,
    outputs,
    inputs: inputs.map((input, i) => (input ? givenOf(`x${i}`, input) : undefined)),
    attributes: Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [name, attributeOf(value)]),
    ),
  }
}

function givenOf(
  name: string,
  { dtype, shape, known }: Typed & { readonly known?: readonly number[] },
): Value {
  const value = { name, dtype, ...(shape && { shape }) }
  if (!known) return value
  const elements = known.map(Number)
  const tensor = { name, dtype, shape: shape as readonly number[], data: encodeElements(dtype, elements) }
  return { ...value, tensor, known: elements.map(element => rounded(dtype, element)) }
}

function attributeOf({ hex, ...value }: OnnxAttribute & { readonly hex?: string }): OnnxAttribute {
  if (hex === undefined || !('tensor' in value)) return value
  return { tensor: { ...value.tensor, name: '', data: Buffer.from(hex, 'hex') } }
}

const shown = ({ op, inputs, attributes }: Case) =>
  `${op}(${inputs.map(x => (x ? (x.known ? `[${x.known}]` : `${x.shape}`) : '-')).join('; ')}) ${JSON.stringify(attributes ?? {}).slice(0, 60)}`

const bound = (size: Size) => (typeof size === 'string' ? AXES[size]! : size)

/** Numpy's names are those of ONNX, but for texts. */
const named = (dtype: string) => (dtype === 'object' ? 'string' : dtype)

/** Sizes that are told are the actual ones. */
function agrees(type: InferredType, [dtype, shape]: readonly [string, readonly number[]]): void {
  expect(type.dtype).toBe(named(dtype))
  if (!type.shape) return
  expect(type.shape.map((size, i) => bound(size) ?? shape[i])).toEqual(shape)
}

/** What onnx tells, we tell too: a size, or the name of a free axis. */
function tellsAsMuch(type: InferredType, theirs: Typed | null): void {
  if (!theirs?.shape) return
  expect(type.shape?.map((size, i) => (theirs.shape![i] === null ? null : size))).toEqual(theirs.shape)
}

/** Where onnx's inference is not what ONNX Runtime computes. */
const wrong = ({ inferred, actual }: Case) =>
  actual?.some(([, shape], i) => {
    const theirs = inferred[i]?.shape
    return (
      theirs &&
      (theirs.length !== shape.length || theirs.some((size, k) => (bound(size) ?? shape[k]) !== shape[k]))
    )
  })

test.each(CASES.map(item => [shown(item), item] as const))('%s', (_, item) => {
  const types = inferTypes(nodeOf(item))!
  expect(types).toHaveLength(item.outputs)
  for (const [i, type] of types.entries()) {
    if (item.actual) agrees(type, item.actual[i]!)
    if (!wrong(item)) tellsAsMuch(type, item.inferred[i] ?? null)
  }
})
