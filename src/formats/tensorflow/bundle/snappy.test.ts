import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { unsnappy } from './snappy.ts'

const fault = (why: string) => Object.assign(new Error(why), { name: 'Fault' })
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const base64 = (text: string) => Buffer.from(text, 'base64')

// Made by cramjam 2.14 (Rust's snap).
test.each<[string, string, string]>([
  [
    '1000 bytes of ab',
    '6AcEYWL+AgD+AgD+AgD+AgD+AgD+AgD+AgD+AgD+AgD+AgD+AgD+AgD+AgD+AgD+AgCWAgA=',
    'bd224a350e0aa49ca9e089f136c4dc8fc22c785afb474b5abe0e94d0e9f60aee',
  ],
  [
    'random bytes, zeros, and the same random bytes',
    'yBrw0OUurXTHnRWnX6KbfaszL31wCnzNJYkkJgsFlLf88E4zpydYW0xIo5w2lkBpSBChaVuZ3VAYfoEg5NyA4OgFyq1XhPgM1QkftUZARoSNy81YLXf4A1qi' +
      '4HN6oP31c9OsjHAYJLxRaJ+Ymb5U7Ss/wVpPgNpvGv3JssRUFC6CM4gqRynje8Pdy1Sm4ED5bD3c0TyXjn/BAmHgCg98hWlYkUtmi5+A5Fa2+9c+asRokTcM' +
      'PAaXRSa/n9+2pQA/4uaznMyt/DnBw2gBAAAAAAAAAAAA/gcA/gcA/gcA/gcA/gcA/gcA/gcA/gcA/gcA/gcA/gcA/gcA/gcA/gcA/gcA/gcA/gcA/gcA/gcA' +
      '/gcA/gcA/gcA/gcA/gcA/gcA/gcA/gcA/gcA/gcA/gcA/gcA/gcA/gcA/gcA/gcA/gcA/gcA/gcA/gcA/gcA/gcA/gcA/gcA/gcA/gcA/gcAugcA/oAM/oAM' +
      '/oAMHoAM',
    '04a499dd4753adfd08ef9a866fd4de5f2b0c1a822ef7c967e94e7942b8b0f03a',
  ],
])('%s', (_, compressed, digest) => {
  expect(sha256(unsnappy(base64(compressed), 10_000, fault))).toBe(digest)
})

describe('damaged data', () => {
  test.each<[string, number[], RegExp]>([
    ['nothing', [], /length is cut off/],
    ['a length without an end', [0x80, 0x80, 0x80, 0x80, 0x80, 1], /length is cut off/],
    ['a length that no data of this size gives', [0xff, 0x7f, 0, 65], /claim to hold/],
    ['a literal that is cut off', [3, 2 << 2, 65], /cut off/],
    ['a literal with a length of four bytes', [3, 63 << 2, 0xff, 0xff, 0xff, 0xff], /longer than it says/],
    ['a copy from before the beginning', [8, 0, 65, 1, 2], /goes 2 bytes back from 1/],
    ['a copy from nowhere', [5, 0, 65, 1, 0], /goes 0 bytes back/],
    ['a copy that is cut off', [5, 0, 65, 1], /bytes back/],
    ['more than it says', [1, 4, 65, 66], /longer than it says/],
    ['less than it says', [3, 4, 65, 66], /has 2 bytes and says 3/],
  ])('%s', (_, bytes, why) => {
    expect(() => unsnappy(Uint8Array.from(bytes), 10_000, fault)).toThrow(why)
  })

  test('more than is wanted', () => {
    expect(() => unsnappy(Uint8Array.of(100, 0, 65), 99, fault)).toThrow(/claim/)
  })
})
