/** Networks with the shapes of known ones, and weights that keep activations their size: nobody measures their answers. */
import {
  type AttributeValue,
  buildOnnx,
  generator,
  type InitializerSpec,
  type NodeSpec,
} from '../../../test/fixtures/onnx-builder.ts'

class Graph {
  readonly nodes: NodeSpec[] = []
  readonly initializers: InitializerSpec[] = []
  readonly #random = generator(1)

  add(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): string {
    const output = `${op}_${this.nodes.length}`
    this.nodes.push({ op, inputs, outputs: [output], attributes })
    return output
  }

  /** Uniform, with the variance that keeps a sum over `fan` products at its size. */
  weight(dims: readonly number[], fan: number): string {
    const name = `w${this.initializers.length}`
    const length = dims.reduce((a, b) => a * b, 1)
    const scale = Math.sqrt(12 / fan)
    const data = Float32Array.from({ length }, () => (this.#random() - 0.5) * scale)
    this.initializers.push({ name, dims, data })
    return name
  }

  filled(length: number, value: number): string {
    const name = `w${this.initializers.length}`
    this.initializers.push({ name, dims: [length], data: new Float32Array(length).fill(value) })
    return name
  }

  ints(...values: number[]): string {
    const name = `w${this.initializers.length}`
    const data = BigInt64Array.from(values, BigInt)
    this.initializers.push({ name, element: 'int64', dims: [values.length], data })
    return name
  }
}

/** ResNet-18's layers without batch norms (which fold into convolutions): 11.7 million weights. `x` [N, 3, 224, 224]. */
export function writeResNet18(): Uint8Array {
  const g = new Graph()
  const conv = (x: string, from: number, to: number, size: number, stride: number): string =>
    g.add('Conv', [x, g.weight([to, from, size, size], from * size * size * 2), g.filled(to, 0)], {
      kernel_shape: { ints: [size, size] },
      strides: { ints: [stride, stride] },
      pads: { ints: Array(4).fill((size - 1) / 2) },
    })
  let x = g.add('Relu', [conv('x', 3, 64, 7, 2)])
  x = g.add('MaxPool', [x], {
    kernel_shape: { ints: [3, 3] },
    strides: { ints: [2, 2] },
    pads: { ints: [1, 1, 1, 1] },
  })
  let channels = 64
  for (const to of [64, 128, 256, 512]) {
    for (const block of [0, 1]) {
      const stride = block === 0 && to > 64 ? 2 : 1
      const way = conv(g.add('Relu', [conv(x, channels, to, 3, stride)]), to, to, 3, 1)
      const past = stride === 1 ? x : conv(x, channels, to, 1, stride)
      x = g.add('Relu', [g.add('Add', [way, past])])
      channels = to
    }
  }
  x = g.add('Flatten', [g.add('GlobalAveragePool', [x])])
  x = g.add('Gemm', [x, g.weight([512, 1000], 512), g.filled(1000, 0)])
  return buildOnnx({
    inputs: [{ name: 'x', shape: ['N', 3, 224, 224] }],
    outputs: [{ name: x, shape: ['N', 1000] }],
    nodes: g.nodes,
    initializers: g.initializers,
  })
}

const [HIDDEN, HEADS, VOCABULARY] = [256, 4, 8192]

/** BERT-mini's layers (4 of 256, 4 heads), over `ids` int64 [N, 128]: 5 million weights. */
export function writeBert(): Uint8Array {
  const g = new Graph()
  const linear = (x: string, from: number, to: number): string =>
    g.add('Add', [g.add('MatMul', [x, g.weight([from, to], from)]), g.filled(to, 0)])
  const norm = (x: string): string =>
    g.add('LayerNormalization', [x, g.filled(HIDDEN, 1), g.filled(HIDDEN, 0)], { axis: { i: -1 } })
  const [split, merged] = [g.ints(0, 128, HEADS, HIDDEN / HEADS), g.ints(0, 128, HIDDEN)]
  const heads = (x: string, ...perm: number[]): string =>
    g.add('Transpose', [g.add('Reshape', [linear(x, HIDDEN, HIDDEN), split])], { perm: { ints: perm } })
  let x = norm(g.add('Gather', [g.weight([VOCABULARY, HIDDEN], 1), 'ids']))
  for (let layer = 0; layer < 4; layer++) {
    const scores = g.add('MatMul', [heads(x, 0, 2, 1, 3), heads(x, 0, 2, 3, 1)])
    const scaled = g.add('Mul', [scores, g.filled(1, 1 / Math.sqrt(HIDDEN / HEADS))])
    const mixed = g.add('MatMul', [g.add('Softmax', [scaled], { axis: { i: -1 } }), heads(x, 0, 2, 1, 3)])
    const joined = g.add('Reshape', [g.add('Transpose', [mixed], { perm: { ints: [0, 2, 1, 3] } }), merged])
    x = norm(g.add('Add', [x, linear(joined, HIDDEN, HIDDEN)]))
    const inner = linear(x, HIDDEN, 4 * HIDDEN)
    const erf = g.add('Erf', [g.add('Mul', [inner, g.filled(1, Math.SQRT1_2)])])
    const gelu = g.add('Mul', [g.add('Mul', [inner, g.filled(1, 0.5)]), g.add('Add', [erf, g.filled(1, 1)])])
    x = norm(g.add('Add', [x, linear(gelu, 4 * HIDDEN, HIDDEN)]))
  }
  return buildOnnx({
    inputs: [{ name: 'ids', element: 'int64', shape: ['N', 128] }],
    outputs: [{ name: x, shape: ['N', 128, HIDDEN] }],
    nodes: g.nodes,
    initializers: g.initializers,
  })
}
