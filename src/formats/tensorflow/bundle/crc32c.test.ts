import { expect, test } from 'vitest'
import { crc32c, masked } from './crc32c.ts'

const ascending = Uint8Array.from({ length: 32 }, (_, i) => i)

// RFC 3720, B.4.
test.each<[string, Uint8Array, number]>([
  ['nothing', new Uint8Array(0), 0],
  ['32 zeros', new Uint8Array(32), 0x8a9136aa],
  ['32 ones', new Uint8Array(32).fill(255), 0x62a8ab43],
  ['ascending', ascending, 0x46dd794e],
  ['descending', ascending.toReversed(), 0x113fdb5c],
  ['123456789', Buffer.from('123456789'), 0xe3069283],
])('of %s', (_, bytes, expected) => {
  expect(crc32c(bytes)).toBe(expected)
  for (let cut = 0; cut <= bytes.length; cut++)
    expect(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut)))).toBe(expected)
})

test("LevelDB's mask", () => {
  expect(masked(crc32c(Buffer.from('foo')))).toBe(
    (((crc32c(Buffer.from('foo')) >>> 15) | (crc32c(Buffer.from('foo')) << 17)) + 0xa282ead8) >>> 0,
  )
  expect(masked(0)).toBe(0xa282ead8)
  expect(masked(0xffffffff)).toBe(0xa282ead7)
})
