import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FormatsError } from '../../errors.ts'
import type { OnnxDtype } from '../types.ts'
import type { OnnxAttribute } from '../write/types.ts'
import { inferTypes, RULED } from './index.ts'
import type { InferredType, NodeToInfer } from './types.ts'
import type { Domain, Value } from './values.ts'

const number = fc.oneof(
  fc.integer({ min: -6, max: 6 }),
  fc.constantFrom(2 ** 31, 2 ** 53, -(2 ** 63), 1e308, Number.NaN, Number.POSITIVE_INFINITY, 0.5),
)
const size = fc.oneof(fc.nat({ max: 8 }), fc.constantFrom('N', 'T', null, 2 ** 40, 'constructor'))
const dtype = fc.constantFrom<OnnxDtype>('float32', 'int64', 'int32', 'bool', 'string', 'uint4')
const element = fc.oneof(fc.integer({ min: -6, max: 9 }), fc.constantFrom('N', null, -1, 0, 2 ** 52))

const value: fc.Arbitrary<Value | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.record({ name: fc.constant('x'), dtype, shape: fc.array(size, { maxLength: 5 }) }),
  fc.record({ name: fc.constant('x'), dtype }),
  fc.tuple(dtype, fc.array(element, { maxLength: 5 })).map(([type, known]) => ({
    name: 'x',
    dtype: type,
    shape: [known.length],
    known,
  })),
  element.map(known => ({ name: 'x', dtype: 'int64' as const, shape: [], known: [known] })),
)

const NAMES =
  'axis axes keepdims perm kernel_shape strides pads dilations group auto_pad ceil_mode output_shape output_padding blocksize hidden_size direction layout equation to dtype value start end allowzero batch_dims num_outputs scales mode transA transB noop_with_empty_axes block_size shape sample_size classlabels_ints classlabels_strings n_targets ngram_indexes cats_int64s values_strings body then_branch else_branch num_scan_inputs scan_output_axes scan_input_axes __proto__ constructor'.split(
    ' ',
  )

const attribute: fc.Arbitrary<OnnxAttribute> = fc.oneof(
  number.map(int => ({ int })),
  number.map(float => ({ float })),
  fc.array(number, { maxLength: 9 }).map(ints => ({ ints })),
  fc
    .constantFrom('SAME_UPPER', 'VALID', 'bidirectional', 'ij,jk->ik', 'i...,...->', '->->', 'a,b,c')
    .map(text => ({ text })),
  fc.array(fc.string(), { maxLength: 3 }).map(texts => ({ texts })),
  fc.constant({ tensor: { name: '', dtype: 'float32' as const, shape: [1], data: new Uint8Array(1) } }),
  fc.constant({
    graph: { name: 'body', nodes: [], inputs: [], outputs: [{ name: 'y', dtype: 'float32' as const }] },
  }),
)

const node: fc.Arbitrary<NodeToInfer> = fc
  .record({
    key: fc.constantFrom(...RULED),
    inputs: fc.array(value, { maxLength: 5 }),
    attributes: fc.array(fc.tuple(fc.constantFrom(...NAMES), attribute), { maxLength: 4 }),
    outputs: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ key, inputs, attributes, outputs }) => {
    const dot = key.lastIndexOf('.')
    const domain = (dot < 0 ? '' : key.slice(0, dot)) as Domain
    return { op: key.slice(dot + 1), domain, inputs, attributes: Object.fromEntries(attributes), outputs }
  })

const isSize = (item: unknown) =>
  item === null || typeof item === 'string' || (Number.isSafeInteger(item) && Number(item) >= 0)

function checked(types: readonly InferredType[] | undefined): void {
  for (const { shape, known } of types ?? []) {
    expect(shape?.every(isSize) ?? true).toBe(true)
    if (known) expect(known.length).toBe((shape as number[]).reduce((product, item) => product * item, 1))
  }
}

test('whatever a node is made of, it has a type, or is refused as one that does not fit', () => {
  fc.assert(
    fc.property(node, item => {
      try {
        checked(inferTypes(item))
      } catch (error) {
        if (!(error instanceof FormatsError)) throw error
      }
    }),
    { numRuns: 20_000 },
  )
})
