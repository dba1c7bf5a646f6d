import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Tensor } from '../../../src/core/index.ts'
import { compilePreprocess, ModelError, type PreprocessStep } from '../../../src/model/index.ts'
import { bmpOf, jpegOf, pngHeader, tiffExif, tiffOf, webpHeader } from './crafted.ts'

const FOLDER = new URL('../../fixtures/inference/images/pictures/', import.meta.url)
const pictures = readdirSync(FOLDER).map(name => [name, readFileSync(new URL(name, FOLDER))] as const)

const STEPS: readonly PreprocessStep[] = [
  { kind: 'decode', what: 'image' },
  { kind: 'resize', width: 8, height: 8, fit: 'fill' },
]
const preprocessor = compilePreprocess(STEPS)

/** A tensor of the right shape, or a refusal with a code of images: anything else is a failure. */
async function outcomeOf(bytes: Uint8Array): Promise<Tensor | ModelError> {
  try {
    const made = await preprocessor.fromImage(bytes)
    expect(made.shape).toEqual([1, 3, 8, 8])
    return made
  } catch (error) {
    expect(error).toBeInstanceOf(ModelError)
    expect((error as ModelError).code).toMatch(/^IMAGE_(UNREADABLE|TOO_LARGE)$/)
    return error as ModelError
  }
}

async function refusal(bytes: Uint8Array): Promise<string> {
  const outcome = await outcomeOf(bytes)
  return outcome instanceof ModelError ? outcome.code : 'taken'
}

describe('pictures that are damaged', () => {
  test.each(pictures)('%s, cut off anywhere, is refused or whole', async (_, bytes) => {
    for (let part = 0; part < 12; part++) await outcomeOf(bytes.subarray(0, (bytes.length * part) / 12))
    expect(await refusal(bytes.subarray(0, 20))).toBe('IMAGE_UNREADABLE')
  })

  test('with any bytes changed are refused, or pixels of the right shape', async () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...pictures), damage, async ([, bytes], changes) => {
        const damaged = Buffer.from(bytes)
        for (const [at, value] of changes) damaged[at % damaged.length] = value
        await outcomeOf(damaged)
      }),
      { numRuns: 400 },
    )
  })

  test('a photograph whose Huffman tables are wrong', async () => {
    const jpeg = Buffer.from(pictures.find(([name]) => name === '420.jpg')![1])
    const tables = jpeg.indexOf(Buffer.from([0xff, 0xc4]))
    const broken = Buffer.from(jpeg).fill(0xff, tables + 5, tables + 21)
    expect(await refusal(broken)).toBe('IMAGE_UNREADABLE')
  })
})

describe('more pixels than anybody needs are refused before they are decoded', () => {
  const text = (value: string): Buffer => Buffer.from(value, 'latin1')
  test.each<[string, Buffer]>([
    ['PNG of 50,000 × 50,000', pngHeader(50_000, 50_000)],
    ['PNG of 2^31 − 1 squared', pngHeader(2 ** 31 - 1, 2 ** 31 - 1)],
    ['JPEG of 65,500 × 65,500', jpegOf(65_500, 65_500)],
    ['GIF of 65,535 × 65,535', text(`GIF89a\xff\xff\xff\xff\0\0\0${'\0'.repeat(40)}`)],
    ['WebP of 16,384 × 16,384', webpHeader(16_384, 16_384)],
    ['TIFF of 100,000 × 100,000', tiffOf(100_000, 100_000)],
    ['BMP of 2^31 − 1 squared', bmpOf({ width: 2 ** 31 - 1, height: 2 ** 31 - 1, compression: 1, bits: 8 })],
    ['BMP of height −2^31', bmpOf({ width: 1000, height: -(2 ** 31), compression: 1, bits: 8 })],
  ])('%s', async (_, bytes) => {
    expect(await refusal(bytes)).toBe('IMAGE_TOO_LARGE')
  })

  test.each<[string, Buffer]>([
    ['PPM of 999,999,999 × 999,999,999', text('P6 999999999 999999999 255\n')],
    ['PPM with a number of a million digits', text(`P6 ${'9'.repeat(1_000_000)} 1 255\n`)],
    ['PPM behind a comment of a megabyte', text(`P6 #${'x'.repeat(1_000_000)}\n1 1 255\nabc`)],
    ['PPM whose values go to 0', text('P6 1 1 0\nabc')],
    ['PPM with a sign', text('P6 2 -1 255\nabc')],
    ['PNG without a width', pngHeader(0, 5)],
  ])('%s', async (_, bytes) => {
    expect(await refusal(bytes)).toBe('IMAGE_UNREADABLE')
  })
})

describe('bitmaps that lie', () => {
  test.each<[string, Parameters<typeof bmpOf>[0], RegExp]>([
    [
      'pixels beyond the end',
      { width: 9, height: 9, offset: 2 ** 32 - 1 },
      /pixels begin at byte 4294967295/,
    ],
    ['pixels within the header', { width: 9, height: 9, offset: 3 }, /pixels begin at byte 3/],
    ['fewer pixels than said', { width: 900, height: 900 }, /pixels are cut off/],
    ['no width', { width: 0, height: 9 }, /0 × 9/],
    ['a negative width', { width: -5, height: 9 }, /-5 × 9/],
    ['7 bits a pixel', { width: 2, height: 2, bits: 7 }, /7 bits/],
    [
      'RLE8 of 24 bits',
      { width: 2, height: 2, bits: 24, compression: 1 },
      /24 bits a pixel \(compression: RLE8\)/,
    ],
    ['a JPEG inside', { width: 2, height: 2, bits: 0, compression: 4 }, /compression 4/],
    ['an unknown compression', { width: 2, height: 2, compression: 99 }, /compression 99/],
    ['runs that end early', { width: 40, height: 40, bits: 8, compression: 1 }, /runs are cut off/],
    ['a header longer than the file', { width: 2, height: 2, header: 124 }, /header is cut off/],
  ])('%s', async (_, said, message) => {
    const outcome = await outcomeOf(bmpOf(said))
    expect(outcome).toMatchObject({ code: 'IMAGE_UNREADABLE', message: expect.stringMatching(message) })
  })

  test('a palette of 2^31 colors is read as far as 8 bits can name them', async () => {
    const said = { width: 4, height: 4, bits: 8, colors: 2 ** 31, data: Buffer.alloc(256 * 4 + 16) }
    expect(await refusal(bmpOf({ ...said, offset: 54 + 256 * 4 }))).toBe('taken')
  })

  test('runs far beyond the line cost no more than their bytes', async () => {
    const runs = Buffer.alloc(2_000_000, 255)
    const bytes = bmpOf({
      width: 3,
      height: 3,
      bits: 8,
      compression: 1,
      data: Buffer.concat([Buffer.alloc(1024), runs]),
    })
    bytes.writeUInt32LE(54 + 1024, 10)
    expect(await refusal(bytes)).toBe('IMAGE_UNREADABLE')
  })
})

describe('EXIF that lies', () => {
  test.each<[string, Buffer]>([
    ['a directory that points to itself', tiffExif({ next: 8 })],
    ['a directory of 65,535 entries', tiffExif({ count: 0xffff })],
    ['a value of 2^32 − 1 parts', tiffExif({ parts: 0xffff_ffff })],
    ['a value beyond the end', tiffExif({ value: 0xffff_fff0, parts: 9 })],
    ['an orientation of 99', tiffExif({ value: 99 })],
  ])('%s: the picture is as it is', async (_, exif) => {
    const plain = pictures.find(([name]) => name === '444.jpg')![1]
    const marker = Buffer.from([0xff, 0xe1, (exif.length + 2) >> 8, (exif.length + 2) & 255])
    const dressed = Buffer.concat([plain.subarray(0, 2), marker, exif, plain.subarray(2)])
    expect(await outcomeOf(dressed)).toEqual(await outcomeOf(plain))
  })
})

test('many images at once, good and broken, each get their own pixels', async () => {
  const alone = await Promise.all(pictures.map(async ([, bytes]) => await outcomeOf(bytes)))
  const turns = Array.from({ length: 200 }, (_, i) => (i * 7) % pictures.length)
  const made = await Promise.all(
    turns.map(async (index, i) => {
      const bytes = pictures[index]![1]
      return i % 5 === 0 ? await outcomeOf(bytes.subarray(0, bytes.length >> 1)) : await outcomeOf(bytes)
    }),
  )
  turns.forEach((index, i) => {
    if (i % 5 !== 0) expect(made[i]).toEqual(alone[index])
  })
})
