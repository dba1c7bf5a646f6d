import { expect, test } from 'vitest'
import { looksLike } from './sniff.ts'

const tar = Buffer.alloc(512)
tar.write('weights.bin', 0)
tar.write('ustar', 257)

test.each<[string, Uint8Array, RegExp]>([
  ['a tar archive', tar, /Unpack/],
  ['a zip archive without files', Buffer.from('PK\x05\x06'), /nothing/],
  ['an Arrow file', Buffer.from('ARROW1\0\0'), /Parquet/],
  ['text in UTF-16', Buffer.from('\ufeffa,b\n', 'utf16le'), /UTF-8/],
  ['text that is not UTF-8', Buffer.from('name,caf\xe9\n', 'latin1'), /UTF-8/],
  ['a text file', Buffer.from('name,café\n').subarray(0, 9), /./],
  ['an empty file', new Uint8Array(0), /again/],
])('%s is told', (what, head, hint) => {
  expect(looksLike(head)).toEqual({ what, hint: expect.stringMatching(hint) })
})

test('noise is told as nothing', () => {
  expect(looksLike(Uint8Array.from({ length: 100 }, (_, i) => 128 + ((i * 37) % 128)))).toBeUndefined()
  expect(looksLike(Uint8Array.of(1, 2, 3))).toBeUndefined()
})
