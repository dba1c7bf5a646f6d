import { expect, test } from 'vitest'
import {
  CASES,
  convertGraph,
  expectations,
  graphOf,
} from '../../../../test/fixtures/convert/tensorflow/ops/cases.ts'
import { spoiled } from '../../../../test/fixtures/convert/tensorflow/ops/spoil.ts'
import { relativeError, runOnnx } from '../../../../test/fixtures/onnx-run.ts'
import { seeded } from '../../../../test/fixtures/tensorflow/mutate.ts'
import { BallastError, type Tensor } from '../../../core/index.ts'
import { OPS } from './index.ts'

/** Cases that have no form in ONNX, and why. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  'MaxPoolWithArgmax.places': /the places of the largest elements/,
  'ResizeArea.odd': /no whole part of the image/,
  'Transpose.computed': /input 1 is computed/,
  'StridedSlice.computed-stride': /input 3 is computed/,
  'PadV2.string': /of text/,
  'RegexReplace.anchor': /of the pattern '\^/,
  'RegexReplace.groups': /with parts of the match/,
  'Complex.output': /it is complex/,
  'Complex.sine': /of complex numbers/,
  'StringLower.utf8': /letters beyond ASCII/,
}

/** How far answers may be from TensorFlow's, relative to the number and 0.1; float16 has 11 bits. */
const TOLERANCES: Readonly<Record<string, number>> = {
  float16: 2e-3,
  bfloat16: 1e-2,
  float32: 1e-4,
  float64: 1e-4,
}

test.each(CASES.filter(name => !Object.hasOwn(REFUSED, name)))('%s', async name => {
  const { inputs, outputs } = await expectations(name)
  const answers = await runOnnx(await convertGraph(await graphOf(name)), inputs)
  expect(Object.keys(answers).toSorted()).toEqual(Object.keys(outputs).toSorted())
  for (const [key, expected] of Object.entries(outputs)) {
    const { dtype, shape, data } = answers[key]!
    expect([dtype, shape], key).toEqual([expected.dtype, expected.shape])
    const tolerance = TOLERANCES[dtype]
    if (tolerance !== undefined)
      expect(relativeError(plain(answers[key]!), plain(expected)), key).toBeLessThan(tolerance)
    else expect(Array.from<unknown>(data), key).toEqual(Array.from<unknown>(expected.data))
  }
})

test.each(Object.entries(REFUSED))('%s is refused: %s', async (name, why) => {
  await expect(convertGraph(await graphOf(name))).rejects.toThrow(why)
})

test('graphs whose nodes say something else become ONNX, or are told what is wrong', async () => {
  const random = seeded(5)
  for (const name of CASES) {
    const graph = spoiled(await graphOf(name), Object.keys(OPS), random)
    const failure = await convertGraph(graph).catch((cause: unknown) => cause)
    if (failure instanceof Error) expect(failure, name).toBeInstanceOf(BallastError)
  }
})

/** float16 as the numbers that its bits are. */
function plain(tensor: Tensor): Tensor {
  if (tensor.dtype !== 'float16') return tensor
  const bits = Uint16Array.from(tensor.data as Uint16Array)
  return { ...tensor, dtype: 'float32', data: Float32Array.from(new Float16Array(bits.buffer)) }
}
