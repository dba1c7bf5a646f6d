import fc from 'fast-check'
import { expect, test } from 'vitest'
import { floats, runOnnx } from '../../../../test/fixtures/onnx-run.ts'
import type { Tensor } from '../../../core/index.ts'
import type { OnnxAttribute, OnnxModel, OnnxNode, OnnxTensor } from '../../../formats/index.ts'
import { aModel, compared, constant, node } from './testing.ts'

/** One node, or a few, behind the ones before; `n` and `m` choose its numbers. */
interface Step {
  readonly op: (typeof OPS)[number]
  readonly n: number
  readonly m: number
  /** Whether what came before is given by the graph as well: then nothing may change it. */
  readonly given: boolean
}

const OPS = [
  'conv',
  'transposed',
  'pad',
  'bn',
  'arithmetic',
  'arithmetic',
  'clip',
  'cast',
  'flat',
  'matmul',
  'gemm',
  'turn',
  'if',
] as const

const numbers = (count: number, seed: number) =>
  Array.from({ length: count }, (_, i) => (((i * 37 + seed * 17) % 23) - 10.5) / 12)
const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1)

/** A model as it grows from x, of four axes until it is flat. */
class Growing {
  readonly nodes: OnnxNode[] = []
  readonly constants: OnnxTensor[] = []
  readonly outputs: string[] = []
  value = 'x'
  shape: readonly number[]
  #made = 0

  constructor(shape: readonly number[]) {
    this.shape = shape
  }

  weight(shape: readonly number[], seed: number, change: (x: number) => number = x => x): string {
    const name = `w${this.#made++}`
    this.constants.push(constant(name, shape, numbers(sizeOf(shape), seed).map(change)))
    return name
  }

  ints(elements: readonly number[]): string {
    const name = `i${this.#made++}`
    this.constants.push(constant(name, [elements.length], elements, 'int64'))
    return name
  }

  push(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    shape = this.shape,
  ): void {
    const output = `v${this.#made++}`
    this.nodes.push(node(op, inputs, output, attributes))
    this.value = output
    this.shape = shape
  }

  step({ op, n, m, given }: Step): void {
    if (given && this.value !== 'x' && !this.outputs.includes(this.value)) this.outputs.push(this.value)
    const { shape, value } = this
    const channels = shape[1]!
    const flat = shape.length === 2
    switch (op) {
      case 'conv': {
        if (flat) return
        const group = channels % 2 === 0 && n % 2 === 0 ? 2 : 1
        const out = group * (1 + (m % 3))
        const weights = this.weight([out, channels / group, 3, 3], n)
        const bias = m % 2 === 0 ? [this.weight([out], m)] : []
        const pads = { ints: [1, 1, 1, 1] }
        this.push('Conv', [value, weights, ...bias], { group: { int: group }, pads }, shape.with(1, out))
        return
      }
      case 'transposed': {
        if (flat) return
        const group = channels % 2 === 0 && n % 2 === 0 ? 2 : 1
        const per = 1 + (m % 3)
        const weights = this.weight([channels, per, 1, 1], n)
        const bias = m % 2 === 0 ? [this.weight([per * group], m)] : []
        const out = shape.with(1, per * group)
        this.push('ConvTranspose', [value, weights, ...bias], { group: { int: group } }, out)
        return
      }
      case 'pad': {
        if (flat || shape[3]! > 8) return
        const amounts = [0, n % 5 === 0 ? 1 : 0, 1, 0, 0, 0, m % 2, 1]
        const padded = shape.map((size, axis) => size + amounts[axis]! + amounts[axis + 4]!)
        const filled = m % 3 === 0 ? [this.weight([], m)] : []
        this.push('Pad', [value, this.ints(amounts), ...filled], {}, padded)
        return
      }
      case 'bn': {
        const parts = [n, m, n + m].map(seed => this.weight([channels], seed))
        const variance = this.weight([channels], n + 1, x => Math.abs(x) + 0.3)
        this.push('BatchNormalization', [value, ...parts, variance])
        return
      }
      case 'arithmetic': {
        const last = shape.at(-1)!
        const shapes = flat
          ? [[], [1], [last], [1, last], [shape[0]!, 1], shape]
          : [[], [1, channels, 1, 1], [channels, 1, 1], [last], [shape[2]!, 1], [1, 1, 1, 1]]
        const other = this.weight(shapes[n % 6]!, m, x => Math.sign(x) * (Math.abs(x) + 0.4))
        const name = ['Add', 'Sub', 'Mul', 'Div'][m % 4]!
        // What is divided by must not be near 0.
        this.push(name, name !== 'Div' && n % 4 === 0 ? [other, value] : [value, other])
        return
      }
      case 'clip':
        if (n % 2 === 0) this.push('Relu', [value])
        this.push('Clip', [this.value, this.weight([], 0, () => (m % 2 === 0 ? 0 : -0.3))])
        return
      case 'cast':
        this.push('Cast', [value], { to: { int: [1, 11][n % 2]! } })
        this.push('Cast', [this.value], { to: { int: 1 } })
        return
      case 'flat':
        this.push('Flatten', [value], {}, [shape[0]!, sizeOf(shape.slice(1))])
        return
      case 'matmul': {
        const out = 2 + (m % 4)
        this.push('MatMul', [value, this.weight([shape.at(-1)!, out], n)], {}, [...shape.slice(0, -1), out])
        return
      }
      case 'gemm': {
        if (!flat) return
        const out = 2 + (m % 4)
        const turned = n % 2
        const weights = this.weight(turned ? [out, channels] : [channels, out], n)
        const biases = [[], [out], [1, out], [shape[0]!, 1], [shape[0]!, out], [1]]
        const bias = n % 3 === 0 ? [] : [this.weight(biases[m % 6]!, m)]
        const attributes = {
          transB: { int: turned },
          alpha: { float: 0.5 },
          beta: { float: m % 5 === 0 ? 2 : 1 },
        }
        this.push('Gemm', [value, weights, ...bias], attributes, [shape[0]!, out])
        return
      }
      case 'turn':
        if (flat) this.push('Transpose', [value], {}, shape.toReversed())
        return
      case 'if':
        this.#branch(n, m)
    }
  }

  /** One branch adds a constant of its own, the other takes only what is around it. */
  #branch(n: number, m: number): void {
    const condition = `c${this.#made++}`
    this.constants.push(constant(condition, [], [n % 2], 'bool'))
    const own = `b${this.#made++}`
    const output = [{ name: own, dtype: 'float32' } as const]
    const branch = (nodes: readonly OnnxNode[], initializers: readonly OnnxTensor[]) => ({
      graph: { name: own, nodes, inputs: [], outputs: output, initializers },
    })
    this.push('If', [condition], {
      then_branch: branch([node('Add', [this.value, 'k'], own)], [constant('k', [], [m / 10])]),
      else_branch: branch([node('Neg', [this.value], own)], []),
    })
  }
}

const steps = fc.array(
  fc.record({
    op: fc.constantFrom(...OPS),
    n: fc.nat({ max: 59 }),
    m: fc.nat({ max: 59 }),
    given: fc.nat({ max: 6 }).map(n => n === 0),
  }),
  { minLength: 2, maxLength: 9 },
)

/** Whether the runtime runs the original. */
const runs = (model: OnnxModel, x: Tensor) =>
  runOnnx(model, { x }, { graphOptimizationLevel: 'disabled' }).then(
    () => true,
    () => false,
  )

test('random products with what scales and moves their channels give the same', () =>
  fc.assert(
    fc.asyncProperty(steps, fc.boolean(), async (taken, flat) => {
      const shape = flat ? [3, 4] : [2, 4, 4, 4]
      const growing = new Growing(shape)
      for (const step of taken) growing.step(step)
      if (growing.value === 'x') return
      const { nodes, constants, outputs, value } = growing
      const model = aModel({ nodes, constants, shape, outputs: [...new Set([...outputs, value])] })
      const x = floats(
        shape,
        Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i * 1.7)),
      )
      // The runtime loses values that go through two casts and are taken in bodies alone.
      fc.pre(await runs(model, x))
      const { error, nodes: counted } = await compared(model, { x })
      expect(error).toBeLessThan(1e-5)
      expect(counted.after).toBeLessThanOrEqual(counted.before)
    }),
    { numRuns: 100 },
  ))
