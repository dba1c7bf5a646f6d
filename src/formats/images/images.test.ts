import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { sourceOf } from '../../core/index.ts'
import { memoryTree } from '../tree/memory.ts'
import { openImageFolder } from './folder.ts'
import { readImageHeader } from './header.ts'

const image = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: { r: 9, g: 120, b: 33 } } })
const headerOf = (bytes: Uint8Array) => readImageHeader(sourceOf(bytes))

/** A bitmap of Windows, or of OS/2. */
function bmp(width: number, height: number, os2 = false): Buffer {
  const bytes = Buffer.alloc(60)
  bytes.write('BM')
  bytes.writeUInt32LE(os2 ? 12 : 40, 14)
  if (os2) {
    bytes.writeUInt16LE(width, 18)
    bytes.writeUInt16LE(height, 20)
  } else {
    bytes.writeInt32LE(width, 18)
    bytes.writeInt32LE(height, 22)
  }
  return bytes
}

const written: readonly [string, Promise<Uint8Array>][] = [
  ['png', image(31, 47).png().toBuffer()],
  ['jpeg', image(31, 47).jpeg().toBuffer()],
  [
    'jpeg',
    image(31, 47)
      .jpeg({ progressive: true })
      .withExif({ IFD0: { Artist: 'x'.repeat(30_000) } })
      .toBuffer(),
  ],
  ['gif', image(31, 47).gif().toBuffer()],
  ['webp', image(31, 47).webp().toBuffer()],
  ['webp', image(31, 47).webp({ lossless: true }).toBuffer()],
  [
    'webp',
    image(31, 47)
      .ensureAlpha(0.5)
      .webp()
      .withExif({ IFD0: { Artist: 'x' } })
      .toBuffer(),
  ],
  ['tiff', image(31, 47).tiff().toBuffer()],
  ['bmp', Promise.resolve(bmp(31, -47))],
  ['bmp', Promise.resolve(bmp(31, 47, true))],
]

test.each(written)('a %s', async (kind, bytes) => {
  expect(await headerOf(await bytes)).toEqual({ kind, width: 31, height: 47 })
})

test.each(written)('a %s, cut or with bytes changed, is an image or none', async (_, whole) => {
  const bytes = await whole
  for (let length = 0; length < Math.min(200, bytes.length); length++)
    await headerOf(bytes.subarray(0, length))
  for (let at = 0; at < Math.min(200, bytes.length); at++) {
    const changed = Uint8Array.from(bytes)
    changed[at] = changed[at]! ^ 0xff
    await headerOf(changed)
  }
})

test('a big-endian TIFF', async () => {
  const bytes = Buffer.alloc(8 + 2 + 24)
  bytes.write('MM\0*', 'latin1')
  bytes.writeUInt32BE(8, 4)
  bytes.writeUInt16BE(2, 8)
  bytes.set([1, 0, 0, 3, 0, 0, 0, 1, 0, 31, 0, 0], 10)
  bytes.set([1, 1, 0, 4, 0, 0, 0, 1, 0, 0, 0, 47], 22)
  expect(await headerOf(bytes)).toEqual({ kind: 'tiff', width: 31, height: 47 })
})

describe('a folder of images', () => {
  test('has classes, splits, kinds and sizes', async () => {
    const [png, jpeg] = [await image(8, 8).png().toBuffer(), await image(9, 7).jpeg().toBuffer()]
    const tree = memoryTree(
      new Map([
        ['train/cat/1.png', png],
        ['train/cat/2.png', png],
        ['train/__proto__/1.jpg', jpeg],
        ['test/cat/1.png', Buffer.from('nothing of the kind, although it is long enough for one')],
        ['readme.txt', Buffer.from('hello')],
        ['.DS_Store', Buffer.from('x')],
      ]),
      'pets',
    )
    const { file } = (await openImageFolder(tree))!
    expect(file).toMatchObject({ format: 'image-folder', name: 'pets', tensors: [] })
    expect(file.files.map(({ path }) => path)).toEqual([
      'test/cat/1.png',
      'train/__proto__/1.jpg',
      'train/cat/1.png',
      'train/cat/2.png',
    ])
    expect(file.metadata).toEqual([
      { key: 'images', value: '4' },
      { key: 'splits', value: '{"test":1,"train":3}' },
      { key: 'classes', value: '{"cat":3,"__proto__":1}' },
      { key: 'kinds', value: '{"jpeg":1,"png":2}' },
      { key: 'sizes', value: '{"8 x 8":2,"9 x 7":1}' },
    ])
    expect(file.notes).toEqual(['1 of 4 files are no images, whatever their names say: test/cat/1.png'])
  })

  test.each<[string, Record<string, string>]>([
    ['nothing', {}],
    ['other files', { 'a.txt': 'x', 'b.txt': 'y' }],
    ['mostly other files', { 'a.png': 'x', 'b.txt': 'y', 'c.txt': 'z' }],
    ['names of images only', { 'a.png': 'x' }],
  ])('is none with %s', async (_, files) => {
    const tree = memoryTree(new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)])))
    expect(await openImageFolder(tree)).toBeUndefined()
  })
})
