import { readdirSync, readFileSync } from 'node:fs'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { sourceOf, type Tensor } from '../../../core/index.ts'
import { openNpz } from '../../../formats/index.ts'
import { compilePreprocess } from '../preprocessor.ts'
import { imageFormat } from './sniff.ts'

const FOLDER = new URL('../../../../test/fixtures/inference/images/', import.meta.url)
/** What Pillow read out of each picture: test/fixtures/inference/images/make_pictures.py. */
const npz = await openNpz(sourceOf(readFileSync(new URL('pictures.npz', FOLDER))))
const names = readdirSync(new URL('pictures/', FOLDER))

/** How far from Pillow's pixels, of 255; 0 where nothing is said. AVIF's colours are converted by another library. */
const BOUNDS: Readonly<Record<string, number>> = { 'lossless.avif': 1 }

function picture(name: string): Uint8Array {
  return readFileSync(new URL(`pictures/${name}`, FOLDER))
}

async function pixelsOf(bytes: Uint8Array, background?: readonly number[]): Promise<Tensor> {
  const decode = { kind: 'decode', what: 'image', ...(background && { background }) } as const
  return await compilePreprocess([decode, { kind: 'layout', order: 'nhwc' }]).fromImage(bytes)
}

function distance(made: Tensor, expected: Tensor): number {
  expect(made.shape).toEqual([1, ...expected.shape])
  const values = expected.data as Uint8Array
  return (made.data as Float32Array).reduce(
    (most, value, i) => Math.max(most, Math.abs(value - values[i]!)),
    0,
  )
}

describe('the pixels that Pillow reads', () => {
  test.each(names)('%s', async name => {
    const expected = await (await npz.array(name)).read()
    expect(distance(await pixelsOf(picture(name)), expected)).toBeLessThanOrEqual(BOUNDS[name] ?? 0)
  })

  test.each([
    ['white', [255]],
    ['teal', [0, 128, 128]],
  ] as const)('over a background, %s', async (name, background) => {
    const expected = await (await npz.array(`rgba.png over ${name}`)).read()
    expect(distance(await pixelsOf(picture('rgba.png'), background), expected)).toBe(0)
  })
})

test.each<[string, string | undefined]>([
  ['\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'PNG'],
  ['\xff\xd8\xff\xe0\0\x10JFIF\0', 'JPEG'],
  ['RIFF\0\0\0\0WEBPVP8 ', 'WebP'],
  ['RIFF\0\0\0\0WAVEfmt ', undefined],
  ['GIF89a\x01\0\x01\0', 'GIF'],
  ['II*\0\x08\0\0\0', 'TIFF'],
  ['MM\0+\0\x08\0\0', 'TIFF'],
  ['\0\0\0\x18ftypmif1\0\0\0\0mif1avif', 'AVIF'],
  ['\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'HEIC'],
  ['\0\0\0\x18ftypmp42\0\0\0\0isomavc1', undefined],
  ['\0\0\0\x10ftypmp42\0\0\0\0avifavif', undefined],
  [`BM${'\0'.repeat(12)}\x28\0\0\0`, 'BMP'],
  ['BMW,3 series,4', undefined],
  ['P6\n2 3\n255\n', 'PNM'],
  ['P1 # a comment', 'PNM'],
  ['P1,2,3', undefined],
  ['P3 is a test', undefined],
  ['{"inputs":[]}', undefined],
  ['', undefined],
])('%j begins as %s', (head, format) => {
  expect(imageFormat(Buffer.from(head, 'latin1'))).toBe(format)
})

test('a damage that the library tells for every strip is told once', async () => {
  const whole = await sharp({ create: { width: 300, height: 200, channels: 3, background: '#c8281e' } })
    .jpeg()
    .toBuffer()
  const damage = Buffer.from('ff00aa'.repeat(100), 'hex')
  const bytes = Buffer.concat([whole.subarray(0, 200), damage, whole.subarray(500)])
  await expect(pixelsOf(bytes)).rejects.toMatchObject({
    code: 'IMAGE_UNREADABLE',
    message: expect.stringMatching(/^The JPEG image could not be decoded: .+$/),
  })
})

test('an image in HEIC is refused with its name', async () => {
  const bytes = Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1')
  await expect(pixelsOf(bytes)).rejects.toMatchObject({
    code: 'IMAGE_UNREADABLE',
    message: expect.stringMatching(/HEIC/),
  })
})
