import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import type { Tensor } from '../../core/index.ts'
import { fitInput } from '../fit.ts'
import type { PreprocessStep, TensorSpec } from '../types.ts'
import { compilePreprocess, preprocessArray } from './preprocessor.ts'
import { reducedSize } from './reduce.ts'
import type { PixelStep } from './transforms.ts'

const hw: PreprocessStep = { kind: 'layout', order: 'hw' }
const nhwc: PreprocessStep = { kind: 'layout', order: 'nhwc' }

/** Gray pixels from rows of digits. */
function gray(...rows: readonly string[]): Tensor {
  const values = rows.flatMap(row => [...row].map(Number))
  return { dtype: 'uint8', shape: [rows.length, rows[0]!.length], data: Uint8Array.from(values) }
}

function rowsOf({ shape, data }: Tensor): readonly string[] {
  const [, height = 0, width = 0] = shape
  const values = Array.from(data as Float32Array)
  return Array.from({ length: height }, (_, y) => values.slice(y * width, (y + 1) * width).join(''))
}

const zeros = { fill: [0] } as const

describe('what steps make of a small picture', () => {
  test.each<[string, PreprocessStep[], readonly string[]]>([
    ['the middle', [{ kind: 'crop', width: 2, height: 1 }], ['67']],
    ['a box', [{ kind: 'crop', width: 2, height: 2, x: 2, y: 1 }], ['78', '34']],
    ['a box at the corner', [{ kind: 'crop', width: 1, height: 1, x: 0, y: 0 }], ['1']],
    [
      'padded to a square',
      [{ kind: 'pad', to: 'square', align: 'center', ...zeros }],
      ['1234', '5678', '1234', '0000'],
    ],
    [
      'padded to a size, at the start',
      [{ kind: 'pad', to: { width: 5, height: 4 }, align: 'start', fill: [9] }],
      ['12349', '56789', '12349', '99999'],
    ],
    [
      'padded to a size, in the middle',
      [{ kind: 'pad', to: { width: 6, height: 5 }, align: 'center', fill: [9] }],
      ['999999', '912349', '956789', '912349', '999999'],
    ],
    [
      'padded to multiples',
      [{ kind: 'pad', to: { multiple: 4 }, align: 'start', ...zeros }],
      ['1234', '5678', '1234', '0000'],
    ],
    [
      'padded by a color, in gray',
      [{ kind: 'pad', to: 'square', align: 'start', fill: [9, 9, 9] }],
      ['1234', '5678', '1234', '9999'],
    ],
    [
      'its shorter side grown',
      [{ kind: 'resize', shortest: 6, filter: 'nearest' }],
      ['11223344', '11223344', '55667788', '55667788', '11223344', '11223344'],
    ],
    ['its shorter side as it is', [{ kind: 'resize', shortest: 3 }], ['1234', '5678', '1234']],
    [
      'contained in a color',
      [{ kind: 'resize', width: 4, height: 5, fit: 'contain', fill: [7] }],
      ['7777', '1234', '5678', '1234', '7777'],
    ],
  ])('%s', (_, steps, expected) => {
    expect(rowsOf(preprocessArray(gray('1234', '5678', '1234'), [...steps, hw]))).toEqual(expected)
  })

  test('colors in the other order; gray has none', () => {
    const color: Tensor = { dtype: 'uint8', shape: [1, 2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) }
    const swap = (order: 'rgb' | 'bgr'): PreprocessStep[] => [{ kind: 'channels', order }, nhwc]
    expect(Array.from(preprocessArray(color, swap('bgr')).data as Float32Array)).toEqual([3, 2, 1, 6, 5, 4])
    expect(Array.from(preprocessArray(color, swap('rgb')).data as Float32Array)).toEqual([1, 2, 3, 4, 5, 6])
    expect(preprocessArray(gray('12'), swap('bgr'))).toEqual(preprocessArray(gray('12'), [nhwc]))
  })

  test('alpha of an array lies over the background as that of an image does', async () => {
    const data = Uint8Array.from({ length: 4 * 6 }, (_, i) => (i * 41) % 256)
    const array: Tensor = { dtype: 'uint8', shape: [2, 3, 4], data }
    const image = await sharp(data, { raw: { width: 3, height: 2, channels: 4 } })
      .png()
      .toBuffer()
    const over = compilePreprocess([{ kind: 'decode', what: 'image', background: [255, 0, 9] }])
    expect(await over.fromImage(image)).toEqual(over.fromArray(array))
    expect(over.fromArray(array)).not.toEqual(preprocessArray(array, [{ kind: 'decode', what: 'image' }]))
  })
})

test('the input of a quantized model takes bytes as they are, or around zero', () => {
  const bytes: Tensor = { dtype: 'uint8', shape: [1, 3], data: Uint8Array.of(0, 128, 255) }
  const input = (dtype: 'uint8' | 'int8'): TensorSpec => ({ name: 'x', dtype, shape: ['N', 1, 3] })
  expect(fitInput(input('uint8'), preprocessArray(bytes, [hw])).data).toEqual(bytes.data)
  const centred = preprocessArray(bytes, [{ kind: 'normalize', mean: [128], std: [1] }, hw])
  expect(fitInput(input('int8'), centred).data).toEqual(Int8Array.of(-128, 0, 127))
})

describe('refused', () => {
  test.each<[string, PreprocessStep[], RegExp]>([
    [
      'a filter of another library',
      [{ kind: 'resize', shortest: 3, filter: 'area' }],
      /area, which pillow does not have/,
    ],
    [
      'antialias where there is no choice',
      [{ kind: 'resize', shortest: 3, like: 'opencv', antialias: false }],
      /no choice like opencv/,
    ],
    [
      'a fill with nothing to fill',
      [{ kind: 'resize', width: 3, height: 3, fit: 'cover', fill: [1] }],
      /nothing is left to fill/,
    ],
    ['a color of two', [{ kind: 'pad', to: 'square', fill: [1, 2], align: 'start' }], /color \[1, 2\]/],
    ['a color of 256', [{ kind: 'decode', what: 'image', background: [256] }], /color \[256\]/],
    ['half a corner', [{ kind: 'crop', width: 3, height: 3, x: 1 }], /begins at \(1, undefined\)/],
    ['a shortest side of 0', [{ kind: 'resize', shortest: 0 }], /side of 0/],
    [
      'gray in an order of colors',
      [{ kind: 'grayscale' }, { kind: 'channels', order: 'bgr' }],
      /grayscale and channels/,
    ],
    [
      'padding behind scaling',
      [
        { kind: 'scale', factor: 2 },
        { kind: 'pad', to: 'square', fill: [0], align: 'start' },
      ],
      /pad, stands behind scale/,
    ],
  ])('%s', (_, steps, message) => {
    expect(() => compilePreprocess(steps)).toThrow(
      expect.objectContaining({ code: 'PREPROCESS_INVALID', message: expect.stringMatching(message) }),
    )
  })

  test.each<[string, PreprocessStep[], RegExp]>([
    [
      'a box beyond the image',
      [{ kind: 'crop', width: 2, height: 2, x: 1, y: 0 }],
      /Can't crop 2 × 2 pixels at \(1, 0\) from an image of 2 × 1/,
    ],
    [
      'padding to less',
      [{ kind: 'pad', to: { width: 1, height: 9 }, fill: [0], align: 'start' }],
      /Can't pad an image of 2 × 1 pixels to 1 × 9/,
    ],
    ['a strip that grows without bounds', [{ kind: 'resize', shortest: 16_384 }], /over the limits/],
  ])('%s', (_, steps, message) => {
    expect(() => preprocessArray(gray('12'), steps)).toThrow(
      expect.objectContaining({ code: 'EXAMPLE_INVALID', message: expect.stringMatching(message) }),
    )
  })

  test('a strip that becomes a square', () => {
    const strip: Tensor = { dtype: 'uint8', shape: [1, 60_000], data: new Uint8Array(60_000) }
    expect(() => preprocessArray(strip, [{ kind: 'pad', to: 'square', fill: [0], align: 'start' }])).toThrow(
      /60000 × 60000 pixels goes over the limit/,
    )
  })
})

describe('decoding fast', () => {
  const resize = (width: number, height: number, fit: 'fill' | 'contain' = 'fill'): PixelStep => ({
    kind: 'resize',
    width,
    height,
    fit,
  })

  test.each<[string, readonly [number, number], readonly PixelStep[], readonly [number, number] | undefined]>(
    [
      ['at half', [500, 460], [resize(224, 224)], [250, 230]],
      ['at a quarter, sides cut to whole ones', [1923, 1081], [resize(224, 224)], [480, 270]],
      ['at an eighth, and no less', [9000, 9000], [resize(10, 10)], [1125, 1125]],
      ['whole, where a half were too small', [500, 447], [resize(224, 224)], undefined],
      ['by the longer side where it is contained', [1000, 100], [resize(120, 120, 'contain')], [125, 12]],
      ['by the shorter side', [1000, 600], [{ kind: 'resize', shortest: 256 }], [500, 300]],
      ['behind gray', [1000, 600], [{ kind: 'grayscale' }, { kind: 'resize', shortest: 256 }], [500, 300]],
      [
        'whole, where a crop comes first',
        [1000, 600],
        [{ kind: 'crop', width: 9, height: 9 }, resize(4, 4)],
        undefined,
      ],
      ['whole without a resize', [1000, 600], [], undefined],
    ],
  )('%s', (_, [width, height], steps, expected) => {
    const size = expected && { width: expected[0], height: expected[1] }
    expect(reducedSize({ width, height }, steps)).toEqual(size)
  })

  test.each([1, 6])('gives nearly the same pixels (orientation %d)', async orientation => {
    const [width, height] = [403, 301]
    const data = Buffer.alloc(width * height * 3)
    for (let i = 0; i < data.length; i++) {
      const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)]
      data[i] = 127 + 100 * Math.sin(x / 40 + (i % 3)) * Math.cos(y / 30)
    }
    const jpeg = await sharp(data, { raw: { width, height, channels: 3 } })
      .withMetadata({ orientation })
      .jpeg({ quality: 95 })
      .toBuffer()
    const last: PreprocessStep = { kind: 'resize', width: 20, height: 16, fit: 'fill' }
    const exact = await compilePreprocess([{ kind: 'decode', what: 'image' }, last]).fromImage(jpeg)
    const fast = await compilePreprocess([{ kind: 'decode', what: 'image', speed: 'fast' }, last]).fromImage(
      jpeg,
    )
    expect(fast.shape).toEqual(exact.shape)
    expect(fast.data).not.toEqual(exact.data)
    const values = exact.data as Float32Array
    const sum = (fast.data as Float32Array).reduce((sum, value, i) => sum + Math.abs(value - values[i]!), 0)
    expect(sum / values.length).toBeLessThanOrEqual(3)
  })
})
