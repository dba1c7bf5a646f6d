import { readFile } from 'node:fs/promises'
import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import { sourceOf, type Tensor } from '../../core/index.ts'
import { openNpz } from '../../formats/index.ts'
import type { PreprocessStep } from '../types.ts'
import { compilePreprocess, preprocessArray } from './preprocessor.ts'

const decode: PreprocessStep = { kind: 'decode', what: 'image' }
const gray: PreprocessStep = { kind: 'grayscale' }
const nhwc: PreprocessStep = { kind: 'layout', order: 'nhwc' }
const resize = (
  width: number,
  height: number,
  fit: 'fill' | 'cover' | 'contain' = 'fill',
): PreprocessStep => ({
  kind: 'resize',
  width,
  height,
  fit,
})

/** A picture, and what Pillow made of it: test/fixtures/numpy/make.py. */
const pillow: Record<string, Tensor> = {}
beforeAll(async () => {
  const bytes = await readFile(new URL('../../../test/fixtures/numpy/pillow.npz', import.meta.url))
  const npz = await openNpz(sourceOf(bytes))
  for (const name of npz.names) pillow[name] = await (await npz.array(name)).read()
})

describe('equal to Pillow, byte for byte', () => {
  test.each([
    ['smaller', resize(16, 11)],
    ['larger', resize(70, 60)],
    ['mixed', resize(28, 64)],
  ] as const)('resized %s', (name, step) => {
    const made = preprocessArray(pillow['picture']!, [step, nhwc])
    expect(made.shape).toEqual([1, ...pillow[name]!.shape])
    expect(Array.from(made.data as Float32Array)).toEqual(Array.from(pillow[name]!.data as Uint8Array))
  })

  test.each([
    ['gray', [gray]],
    ['gray_smaller', [gray, resize(28, 28)]],
  ] as const)('%s', (name, steps) => {
    const made = preprocessArray(pillow['picture']!, steps)
    expect(Array.from(made.data as Float32Array)).toEqual(Array.from(pillow[name]!.data as Uint8Array))
  })
})

const recipes: [string, PreprocessStep[]][] = [
  ['digits', [decode, gray, resize(28, 28), { kind: 'scale', factor: 1 / 255 }]],
  ['nothing but decoding', [decode]],
  [
    'ImageNet',
    [
      decode,
      resize(40, 40, 'cover'),
      { kind: 'crop', width: 32, height: 32 },
      { kind: 'scale', factor: 1 / 255 },
      { kind: 'normalize', mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
    ],
  ],
  ['contain, inverted, last', [decode, gray, { kind: 'invert' }, resize(20, 30, 'contain'), nhwc]],
  ['a plain plane', [decode, gray, { kind: 'layout', order: 'hw' }]],
]

describe('an encoded image and the array of its pixels give the same numbers', () => {
  test.each(recipes)('%s, in colour', async (_, steps) => {
    const picture = pillow['picture']!
    await expectAlike(steps, picture, { width: 53, height: 37, channels: 3 })
  })

  test.each(recipes)('%s, in gray', async (_, steps) => {
    await expectAlike(steps, pillow['gray']!, { width: 53, height: 37, channels: 1 })
  })

  test.each(recipes)('%s, with alpha, which is dropped', async (_, steps) => {
    const colours = pillow['picture']!.data as Uint8Array
    const data = new Uint8Array(53 * 37 * 4)
    for (let i = 0; i < 53 * 37; i++) data.set([...colours.subarray(i * 3, i * 3 + 3), i % 256], i * 4)
    await expectAlike(
      steps,
      { dtype: 'uint8', shape: [37, 53, 4], data },
      { width: 53, height: 37, channels: 4 },
    )
  })

  async function expectAlike(
    steps: readonly PreprocessStep[],
    array: Tensor,
    raw: { width: number; height: number; channels: 1 | 3 | 4 },
  ): Promise<void> {
    const preprocessor = compilePreprocess(steps)
    const expected = preprocessor.fromArray(array)
    for (const image of [
      sharp(array.data as Uint8Array, { raw }).png(),
      sharp(array.data as Uint8Array, { raw }).webp({ lossless: true, exact: true }),
    ]) {
      const found = await preprocessor.fromImage(await image.toBuffer())
      expect(found.shape).toEqual(expected.shape)
      expect(found.data).toEqual(expected.data)
    }
  }
})

describe('numbers', () => {
  const pixels: Tensor = { dtype: 'uint8', shape: [1, 2, 3], data: Uint8Array.of(0, 51, 255, 102, 0, 204) }

  test('scaled and normalized by channel, planes apart', () => {
    const made = preprocessArray(pixels, [
      { kind: 'scale', factor: 1 / 255 },
      { kind: 'normalize', mean: [0, 0.2, 0.5], std: [1, 0.5, 0.25] },
    ])
    expect(made.shape).toEqual([1, 3, 1, 2])
    const expected = [0, 0.4, 0, -0.4, 2, 1.2]
    expected.forEach((value, i) => {
      expect((made.data as Float32Array)[i]).toBeCloseTo(value, 6)
    })
  })

  test('floats on the 0…255 scale go the same way as bytes', () => {
    const steps: PreprocessStep[] = [{ kind: 'invert' }, { kind: 'scale', factor: 1 / 255 }]
    const floats: Tensor = { ...pixels, dtype: 'float64', data: Float64Array.from(pixels.data as Uint8Array) }
    expect(preprocessArray(floats, steps)).toEqual(preprocessArray(pixels, steps))
  })

  test('planes first are taken where the last axis can hold no channels', () => {
    const plane: Tensor = { dtype: 'uint8', shape: [1, 5, 7], data: new Uint8Array(35).map((_, i) => i) }
    expect(preprocessArray(plane, [{ kind: 'scale', factor: 1 }]).shape).toEqual([1, 1, 5, 7])
    const colours: Tensor = { dtype: 'uint8', shape: [3, 5, 7], data: new Uint8Array(105).map((_, i) => i) }
    const made = preprocessArray(colours, [{ kind: 'scale', factor: 1 }])
    expect(made.shape).toEqual([1, 3, 5, 7])
    expect(Array.from(made.data as Float32Array)).toEqual(Array.from({ length: 105 }, (_, i) => i))
  })

  test('a vector of features is normalized feature by feature', () => {
    const features: Tensor = { dtype: 'float64', shape: [2], data: Float64Array.of(3, 10) }
    const made = preprocessArray(features, [{ kind: 'normalize', mean: [1, 0], std: [2, 5] }])
    expect(made).toEqual({ dtype: 'float32', shape: [1, 2], data: Float32Array.of(1, 2) })
  })

  test('without steps an example passes as it is, with a batch axis', () => {
    const ids: Tensor = { dtype: 'int64', shape: [2], data: BigInt64Array.of(1n, 2n) }
    expect(preprocessArray(ids, [])).toEqual({ ...ids, shape: [1, 2] })
  })
})

describe('refused', () => {
  test.each<[string, PreprocessStep[], RegExp]>([
    ['scaling before resizing', [{ kind: 'scale', factor: 1 }, resize(2, 2)], /resize, stands behind scale/],
    [
      'normalizing before scaling',
      [
        { kind: 'normalize', mean: [0], std: [1] },
        { kind: 'scale', factor: 1 },
      ],
      /behind normalize/,
    ],
    ['decoding late', [gray, decode], /decode, stands behind grayscale/],
    ['anything behind the layout', [nhwc, gray], /behind layout/],
    [
      'two scales',
      [
        { kind: 'scale', factor: 1 },
        { kind: 'scale', factor: 2 },
      ],
      /two steps scale/,
    ],
    [
      'three means for a gray image',
      [gray, { kind: 'normalize', mean: [1, 2, 3], std: [1, 1, 1] }],
      /3 means for 1 channels/,
    ],
    ['means without stds', [{ kind: 'normalize', mean: [1, 2, 3], std: [1] }], /3 means and 1 stds/],
    ['a std of zero', [{ kind: 'normalize', mean: [0], std: [0] }], /holds 0/],
    ['a factor of NaN', [{ kind: 'scale', factor: Number.NaN }], /NaN/],
    ['a side of zero', [resize(0, 5)], /side of 0/],
    ['a side of a billion', [resize(1e9, 5)], /side of 1000000000/],
    ['colours in a plain plane', [decode, { kind: 'layout', order: 'hw' }], /3 channels/],
  ])('%s', (_, steps, message) => {
    expect(() => compilePreprocess(steps)).toThrow(
      expect.objectContaining({ code: 'PREPROCESS_INVALID', message: expect.stringMatching(message) }),
    )
  })

  test.each([
    ['text', Buffer.from('hello')],
    ['nothing', new Uint8Array(0)],
    ['an SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
    ['a GIF', Buffer.from('GIF89a\x01\x00\x01\x00', 'latin1')],
    ['a PNG that ends', Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1')],
  ])('%s as an image', async (_, bytes) => {
    await expect(compilePreprocess([decode]).fromImage(bytes)).rejects.toMatchObject({
      code: 'IMAGE_UNREADABLE',
    })
  })

  test('an image with more pixels than its bytes promise', async () => {
    const wide = pngOf(60_000, 60_000)
    await expect(compilePreprocess([decode]).fromImage(wide)).rejects.toMatchObject({
      code: 'IMAGE_TOO_LARGE',
    })
  })

  test('a strip that would cover a square with billions of pixels', () => {
    const strip: Tensor = { dtype: 'uint8', shape: [1, 60_000], data: new Uint8Array(60_000) }
    expect(() => preprocessArray(strip, [resize(2000, 2000, 'cover')])).toThrow(/over the limits/)
  })

  test('a photograph cut off in the middle', async () => {
    const jpeg = await sharp({ create: { width: 99, height: 99, channels: 3, background: 'red' } })
      .jpeg()
      .toBuffer()
    await expect(compilePreprocess([decode]).fromImage(jpeg.subarray(0, 300))).rejects.toMatchObject({
      code: 'IMAGE_UNREADABLE',
    })
  })

  test.each([
    ['strings', { dtype: 'string', shape: [1], data: ['a'] }],
    ['five channels', { dtype: 'uint8', shape: [2, 2, 5], data: new Uint8Array(20) }],
    ['a shape that lies', { dtype: 'uint8', shape: [2, 2], data: new Uint8Array(5) }],
  ] as const)('%s as pixels', (_, example) => {
    expect(() => preprocessArray(example, [gray])).toThrow(
      expect.objectContaining({ code: 'EXAMPLE_INVALID' }),
    )
  })
})

test('a photograph is turned upright as its EXIF says', async () => {
  const data = Uint8Array.of(0, 255)
  const image = await sharp(data, { raw: { width: 2, height: 1, channels: 1 } })
    .withMetadata({ orientation: 6 })
    .png()
    .toBuffer()
  const made = await compilePreprocess([decode, gray]).fromImage(image)
  expect(made.shape).toEqual([1, 1, 2, 1])
  expect(Array.from(made.data as Float32Array)).toEqual([0, 255])
})

/** A small PNG that says it has so many pixels. */
function pngOf(width: number, height: number): Uint8Array {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 0, 0, 0, 0], 8)
  const chunks = [
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(100_000))),
    chunk('IEND', Buffer.alloc(0)),
  ]
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...chunks])
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(data.length, 0)
  frame.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
}
