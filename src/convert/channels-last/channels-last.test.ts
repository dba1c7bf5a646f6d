import { expect, test } from 'vitest'
import { floats, relativeError, runOnnx } from '../../../test/fixtures/onnx-run.ts'
import { GraphBuilder } from '../graph/builder.ts'
import type { Emitter, Shape, Value } from '../graph/types.ts'
import { conv, depthwise, globalPool, pool, resample, resize, slide, transposedConv } from './index.ts'

function aGraph(shape: Shape = ['N', 5, 4, 2]): { g: GraphBuilder; b: Emitter; x: Value } {
  const g = new GraphBuilder()
  const x = g.input('x', { dtype: 'float32', shape })
  return { g, b: g.at({ name: 'layer', kind: 'Conv2D' }), x }
}

const weight = (b: Emitter, shape: readonly number[], first = 0): Value => {
  const count = shape.reduce((a, c) => a * c, 1)
  const data = Float32Array.from({ length: count }, (_, i) => ((i + first) % 7) - 3)
  return b.weight({ dtype: 'float32', shape, data: new Uint8Array(data.buffer) })
}

test.each([
  { n: 5, size: 3, stride: 1, dilation: 1, padding: 'valid', out: 3, pads: undefined },
  { n: 5, size: 3, stride: 2, dilation: 1, padding: 'same', out: 3, pads: [1, 1] },
  { n: 6, size: 3, stride: 2, dilation: 1, padding: 'same', out: 3, pads: [0, 1] },
  { n: 6, size: 3, stride: 1, dilation: 2, padding: 'same', out: 6, pads: [2, 2] },
  { n: 7, size: 2, stride: 3, dilation: 1, padding: 'same', out: 3, pads: [0, 1] },
  { n: 4, size: 1, stride: 3, dilation: 1, padding: 'same', out: 2, pads: undefined },
  { n: null, size: 4, stride: 1, dilation: 1, padding: 'same', out: null, pads: [1, 2] },
  { n: 'T', size: 3, stride: 1, dilation: 1, padding: 'same', out: 'T', pads: [1, 1] },
  { n: null, size: 3, stride: 2, dilation: 1, padding: 'valid', out: null, pads: undefined },
] as const)('$padding of $n: size $size, stride $stride, dilation $dilation', given => {
  const { b } = aGraph()
  const { n, size, stride, dilation, padding, out, pads } = given
  const slid = slide(b, [n], [size], { strides: [stride], dilations: [dilation], padding })
  expect(slid.sizes).toEqual([out])
  expect(slid.attributes['pads']).toEqual(pads && { ints: pads })
  expect(slid.attributes['auto_pad']).toBeUndefined()
})

test('same padding of a free size with a stride is left to the runtime', () => {
  const { b } = aGraph()
  const slid = slide(b, [null, 8], [3, 3], { strides: [2, 2], padding: 'same' })
  expect(slid.attributes).toMatchObject({ auto_pad: { text: 'SAME_UPPER' } })
  expect(slid.sizes).toEqual([null, 4])
})

test('a kernel that is computed gives the same as one that is a weight', async () => {
  const { g, b, x } = aGraph()
  const kernel = weight(b, [3, 2, 2, 3])
  const computed = g.input('kernel', { dtype: 'float32', shape: [3, 2, 2, 3] })
  g.output('one', conv(b, x, kernel, { padding: 'same', strides: [2, 1] }))
  g.output('other', conv(b, x, computed, { padding: 'same', strides: [2, 1] }))
  g.output('deep', depthwise(b, x, weight(b, [2, 2, 2, 2], 3), { padding: 'valid' }))
  g.output('up', transposedConv(b, x, weight(b, [3, 3, 4, 2]), { padding: 'same', strides: [2, 2] }))
  const { model } = g.build({ name: 'test' })
  const image = Array.from({ length: 40 }, (_, i) => Math.sin(i))
  const feeds = {
    x: floats([1, 5, 4, 2], image),
    kernel: floats(
      [3, 2, 2, 3],
      Array.from({ length: 36 }, (_, i) => (i % 7) - 3),
    ),
  }
  const { one, other, deep, up } = await runOnnx(model, feeds)
  expect(one!.shape).toEqual([1, 3, 4, 3])
  expect(relativeError(other!, one!)).toBeLessThan(1e-5)
  expect(deep!.shape).toEqual([1, 4, 3, 4])
  expect(up!.shape).toEqual([1, 10, 8, 4])
})

test.each([
  {
    what: 'a kernel of another number of channels',
    make: (b: Emitter, x: Value) => conv(b, x, weight(b, [3, 3, 3, 4]), { padding: 'same' }),
    says: "The kernel [3, 3, 3, 4] of Conv2D 'layer' doesn't fit an image of 2 channels",
  },
  {
    what: 'a kernel of another rank',
    make: (b: Emitter, x: Value) => conv(b, x, weight(b, [3, 2, 4]), { padding: 'same' }),
    says: "Conv2D 'layer' takes images of 1 spatial axes, and gets shape [N, 5, 4, 2]",
  },
  {
    what: 'a window that is larger than the image',
    make: (b: Emitter, x: Value) => pool(b, x, 'max', { size: [6, 2], padding: 'valid' }),
    says: "The window [6, 2] of Conv2D 'layer' is larger than its image [5, 4]",
  },
  {
    what: 'strides of 0',
    make: (b: Emitter, x: Value) => pool(b, x, 'max', { size: [2, 2], strides: [0, 1], padding: 'same' }),
    says: "The strides of Conv2D 'layer' are [0, 1]; 2 positive integers are needed",
  },
  {
    what: 'a bias of another size',
    make: (b: Emitter, x: Value) =>
      conv(b, x, weight(b, [1, 1, 2, 3]), { padding: 'same', bias: weight(b, [2], 1) }),
    says: "The bias of Conv2D 'layer' has shape [2]; [3] fits its kernel",
  },
])('$what is an error that names the layer', ({ make, says }) => {
  const { b, x } = aGraph()
  expect(() => make(b, x)).toThrow(expect.objectContaining({ code: 'CONVERT_INVALID', message: says }))
})

test('what has no images of known size is not resampled', () => {
  const { b, x } = aGraph(['N', null, 4, 2])
  expect(() => resample(b, x, { way: 'lanczos3', sizes: [3, 3] })).toThrow('size is free')
  expect(
    resize(b, x, { mode: 'linear', coordinates: 'half-pixel', sizes: { factors: [2, 3] } }).shape,
  ).toEqual(['N', null, 12, 2])
  expect(globalPool(b, x, 'average').shape).toEqual(['N', 2])
})

test.each(['valid', 'same'] as const)(
  'zeros around negative pixels are the largest, with %s padding',
  async padding => {
    const { g, b, x } = aGraph(['N', 1, 4, 4])
    const padded = b.op('Pad', [x, b.ints([0, 0, 1, 1, 0, 0, 1, 1])])
    g.output(
      'y',
      pool(b, padded, 'max', { size: [2, 2], strides: [2, 2], padding, layout: 'channels-first' }),
    )
    const { y } = await runOnnx(g.build({ name: 'test' }).model, {
      x: floats(
        [1, 1, 4, 4],
        Array.from({ length: 16 }, () => -1),
      ),
    })
    expect(Array.from(y!.data as Float32Array)).toEqual([0, 0, 0, 0, -1, 0, 0, 0, 0])
  },
)
