import fc from 'fast-check'
import { test } from 'vitest'
import type { OnnxAttribute, OnnxGraph, OnnxNode } from '../../../formats/index.ts'
import { OptimizeError } from '../../errors.ts'
import type { Computer } from './computer.ts'
import { simplify } from './simplify.ts'
import { constant } from './testing.ts'

/** All that some pass looks at, and some that none does. */
const OPS = [
  ...['Identity', 'Dropout', 'Cast', 'CastLike', 'Transpose', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze'],
  ...['Expand', 'Slice', 'Pad', 'Tile', 'Resize', 'ReduceSum', 'ReduceMean', 'Concat', 'Sum', 'Split', 'Add'],
  ...['Sub', 'Mul', 'Div', 'Pow', 'Where', 'Conv', 'ConvTranspose', 'Gemm', 'MatMul', 'BatchNormalization'],
  ...[
    'Relu',
    'Clip',
    'If',
    'Loop',
    'Scan',
    'Constant',
    'ConstantOfShape',
    'Shape',
    'Gather',
    'Sin',
    'Nonsense',
  ],
] as const

const whole = fc.oneof(fc.integer({ min: -3, max: 9 }), fc.constantFrom(2 ** 31, -(2 ** 31), 2n ** 63n - 1n))
const plain: fc.Arbitrary<OnnxAttribute> = fc.oneof(
  whole.map(int => ({ int })),
  fc.array(whole, { maxLength: 5 }).map(ints => ({ ints })),
  fc.float().map(float => ({ float })),
  fc.constantFrom('reflect', 'SAME_UPPER', '').map(text => ({ text })),
  fc.constantFrom('k', 'i', 's', 'o').map(name => ({ tensor: CONSTANTS.find(each => each.name === name)! })),
)
const NAMES = [
  'perm',
  'axis',
  'axes',
  'to',
  'pads',
  'group',
  'transA',
  'transB',
  'alpha',
  'beta',
  'value',
] as const
const MORE = [
  'value_int',
  'value_ints',
  'training_mode',
  'keepdims',
  'mode',
  'auto_pad',
  'allowzero',
] as const

const CONSTANTS = [
  constant('k', [2, 3], [1, 1, 1, 1, 1, 1]),
  constant('i', [3], [0, -1, 2], 'int64'),
  constant('s', [], [1], 'bool'),
  constant('o', [0], []),
]

interface Step {
  readonly op: string
  /** Places of values from the last one on; a place before all values is none. */
  readonly takes: readonly number[]
  readonly gives: number
  readonly attributes: Readonly<Record<string, OnnxAttribute>>
  /** Steps that stand in bodies of this node. */
  readonly inside: Readonly<Record<string, readonly Step[]>>
}

const stepOf = (inside: fc.Arbitrary<Step['inside']>): fc.Arbitrary<Step> =>
  fc.record({
    op: fc.constantFrom(...OPS),
    takes: fc.array(fc.nat({ max: 9 }), { maxLength: 5 }),
    gives: fc.nat({ max: 2 }),
    attributes: fc.dictionary(fc.constantFrom(...NAMES, ...MORE), plain, { maxKeys: 3 }),
    inside,
  })
const inner = fc.array(stepOf(fc.constant({})), { maxLength: 4 })
const bodies = fc.record({ then_branch: inner, else_branch: inner, body: inner }, { requiredKeys: [] })
const steps = fc.array(stepOf(fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, bodies)), { maxLength: 9 })

/** Values of bodies may have names that others have, too. */
function graphOf(steps: readonly Step[], around: readonly string[]): OnnxGraph {
  const values = [...around]
  const nodes = steps.map(({ op, takes, gives, attributes, inside }, i): OnnxNode => {
    const inputs = takes.map(place => values.at(-1 - place) ?? '')
    const inner = Object.entries(inside).map(
      ([name, body]) => [name, { graph: graphOf(body, values) }] as const,
    )
    const outputs = Array.from({ length: gives }, (_, at) => `${'abc'[i % 3]}${i}${at}`)
    values.push(...outputs)
    return { op, inputs, outputs, attributes: { ...attributes, ...Object.fromEntries(inner) } }
  })
  const given = values.slice(around.length).filter((_, i, all) => i === all.length - 1 || i % 3 === 0)
  return { name: 'g', nodes, inputs: [], outputs: given.map(name => ({ name, dtype: 'float32' })) }
}

/** Gives something else than was promised. */
const lying: Computer = {
  async compute({ graph: { outputs } }) {
    return new Map(outputs.map(({ name }) => [name, constant(name, [1], [7])]))
  },
}

test('of graphs that mean nothing, each is refused or gives a graph', () =>
  fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 7, max: 25 }), async (taken, version) => {
      const names = ['x', ...CONSTANTS.map(({ name }) => name)]
      const inputs = [{ name: 'x', dtype: 'float32', shape: [2, 'N'] } as const]
      const graph = { ...graphOf(taken, names), inputs, initializers: CONSTANTS }
      try {
        await simplify({ opsets: [{ domain: '', version }], graph }, { computer: lying })
      } catch (cause) {
        if (!(cause instanceof OptimizeError)) throw cause
      }
    }),
    { numRuns: 1000 },
  ))
