import { expect, test } from 'vitest'
import { sourceOf } from '../../core/index.ts'
import { openZip } from './archive.ts'
import { type ZipWriter, zipTo } from './write.ts'

async function written(write: (zip: ZipWriter) => Promise<void>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  const zip = zipTo({ write: async bytes => void pieces.push(Uint8Array.from(bytes)) })
  await write(zip)
  await zip.finish()
  return Buffer.concat(pieces)
}

async function* bytes(...pieces: string[]): AsyncGenerator<Uint8Array, void> {
  for (const piece of pieces) yield Buffer.from(piece)
}

test.each(['stored', 'deflate'] as const)('a %s entry reads back, and its checksum holds', async method => {
  const archive = await openZip(
    sourceOf(await written(zip => zip.add('folder/狗.txt', 11, bytes('hello', ' world'), method))),
  )
  expect(archive.entries).toMatchObject([{ name: 'folder/狗.txt', method, size: 11, streamed: true }])
  const entry = await archive.open('folder/狗.txt')
  expect(Buffer.from(await entry.read(0, entry.size)).toString()).toBe('hello world')
  await archive.verify('folder/狗.txt')
})

test('more entries than 16 bits count take the 64-bit records', async () => {
  const count = 66_000
  const file = await written(async zip => {
    for (let i = 0; i < count; i++) await zip.add(String(i), 0, bytes())
  })
  const { entries } = await openZip(sourceOf(file))
  expect(entries).toHaveLength(count)
  expect(entries.at(-1)).toMatchObject({ name: String(count - 1), size: 0 })
})

test('the same content gives the same bytes', async () => {
  const write = (zip: ZipWriter) => zip.add('a', 1, bytes('a'), 'deflate')
  expect(await written(write)).toEqual(await written(write))
})

test.each<[string, (zip: ZipWriter) => Promise<void>, RegExp]>([
  ['fewer bytes than stated', zip => zip.add('a', 2, bytes('a')), /has 1 bytes, and should have 2/],
  ['more bytes than stated', zip => zip.add('a', 1, bytes('ab')), /has 2 bytes, and should have 1/],
  [
    'a name twice',
    async zip => {
      await zip.add('a', 0, bytes())
      await zip.add('a', 0, bytes())
    },
    /named 'a'/,
  ],
])('%s is refused', async (_, write, message) => {
  await expect(written(write)).rejects.toMatchObject({
    code: 'ZIP_INVALID',
    message: expect.stringMatching(message),
  })
})
