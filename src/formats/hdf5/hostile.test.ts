import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { memoryInput, mutations, readAll } from '../../../test/fixtures/model-input.ts'
import { BallastError, sourceOf } from '../../core/index.ts'
import { lookup3 } from './bytes/lookup3.ts'
import { openHdf5, openHdf5Model, walkHdf5 } from './index.ts'

const fixture = (name: string): Buffer =>
  readFileSync(new URL(`../../../test/fixtures/hdf5/${name}`, import.meta.url))
const open = (bytes: Uint8Array) => openHdf5Model(memoryInput(bytes, 'model.h5'))

/** Little-endian bytes of numbers, each with its width; texts as they are. */
function bytes(...parts: readonly (readonly [value: number, width: number] | string | Uint8Array)[]): Buffer {
  return Buffer.concat(
    parts.map(part => {
      if (typeof part === 'string') return Buffer.from(part, 'latin1')
      if (part instanceof Uint8Array) return part
      const [value, width] = part
      const out = Buffer.alloc(width)
      for (let i = 0, left = value; i < width; i++, left = Math.floor(left / 256)) out[i] = left % 256
      return out
    }),
  )
}

const NOWHERE = Buffer.alloc(8, 0xff)
const withChecksum = (content: Buffer): Buffer => bytes(content, [lookup3(content), 4])

/** A file with a version 2 superblock, whose root group's header of version 2 has these messages. */
function file(
  messages: readonly (readonly [type: number, body: Buffer])[],
  rest: Buffer = Buffer.alloc(0),
): Buffer {
  const root = header(messages)
  const end = 48 + root.byteLength + rest.byteLength
  const superblock = withChecksum(
    bytes('\x89HDF\r\n\x1a\n', [2, 1], [8, 1], [8, 1], [0, 1], [0, 8], NOWHERE, [end, 8], [48, 8]),
  )
  return bytes(superblock, root, rest)
}

function header(messages: readonly (readonly [type: number, body: Buffer])[]): Buffer {
  const all = Buffer.concat(
    messages.map(([type, body]) => bytes([type, 1], [body.byteLength, 2], [0, 1], body)),
  )
  return withChecksum(bytes('OHDR', [2, 1], [2, 1], [all.byteLength, 4], all))
}

const group = (...links: readonly Buffer[]): (readonly [number, Buffer])[] => [
  [0x02, bytes([0, 1], [0, 1], NOWHERE, NOWHERE)],
  ...links.map(link => [0x06, link] as const),
]
const hardLink = (name: string, address: number): Buffer =>
  bytes([1, 1], [0, 1], [name.length, 1], name, [address, 8])
const softLink = (name: string, target: string): Buffer =>
  bytes([1, 1], [8, 1], [1, 1], [name.length, 1], name, [target.length, 2], target)

/** Messages of a dataset of bytes. */
function dataset(
  shape: readonly number[],
  layout: Buffer,
  type: Buffer = UINT8,
): (readonly [number, Buffer])[] {
  const space = bytes([2, 1], [shape.length, 1], [0, 1], [1, 1], ...shape.map(size => [size, 8] as const))
  return [
    [0x01, space],
    [0x03, type],
    [0x08, layout],
  ]
}
const UINT8 = bytes([0x10, 1], [0, 3], [1, 4], [0, 2], [8, 2])
const contiguous = (address: number, size: number): Buffer => bytes([3, 1], [1, 1], [address, 8], [size, 8])

/** A file whose root has one dataset `x`; its header comes right behind the root's. */
function withDataset(
  messages: readonly (readonly [number, Buffer])[],
  rest: Buffer = Buffer.alloc(0),
): Buffer {
  const at = 48 + header(group(hardLink('x', 0))).byteLength
  return file(group(hardLink('x', at)), bytes(header(messages), rest))
}

test('what the helpers make is a file', async () => {
  const made = withDataset(dataset([3], contiguous(48, 3)))
  const model = await open(made)
  expect(model.file.tensors).toMatchObject([{ name: 'x', dtype: 'uint8', shape: [3] }])
  for await (const piece of model.readTensor('x')) expect(Buffer.from(piece).toString()).toBe('OHD')
})

describe('files that lie', () => {
  const chunked = (chunk: readonly number[], rank = chunk.length + 1): Buffer =>
    bytes([3, 1], [2, 1], [rank, 1], NOWHERE, ...chunk.map(size => [size, 4] as const), [1, 4])
  test.each<[string, Buffer, string, RegExp]>([
    [
      'no HDF5',
      Buffer.from('\x89PNG and so on, long enough for a file', 'latin1'),
      'FORMAT_UNKNOWN',
      /a PNG image/,
    ],
    ['nothing', Buffer.alloc(0), 'FORMAT_UNKNOWN', /empty/],
    [
      'a superblock without the rest',
      file(group()).subarray(0, 30),
      'FORMAT_TRUNCATED',
      /within its superblock/,
    ],
    ['a longer file', file(group()).subarray(0, 60), 'FORMAT_TRUNCATED', /says that the file has/],
    ['a broken checksum', bytes(file(group()).subarray(0, -1), 'x'), 'FORMAT_MALFORMED', /checksum/],
    [
      'a root that is a dataset',
      file(dataset([1], contiguous(0, 1))),
      'FORMAT_MALFORMED',
      /root is no group/,
    ],
    ['a header beyond the end', file(group(hardLink('x', 1e6))), 'FORMAT_TRUNCATED', /needs/],
    [
      'a header that continues in itself',
      file([...group(), [0x10, bytes([48, 8], [60, 8])]]),
      'FORMAT_MALFORMED',
      /where it has been/,
    ],
    [
      'two links of one name',
      file(group(softLink('a', 'b'), softLink('a', 'c'))),
      'FORMAT_MALFORMED',
      /two links/,
    ],
    [
      'too many dimensions',
      withDataset(dataset(Array(33).fill(1), contiguous(0, 1))),
      'FORMAT_LIMIT',
      /33 dimensions/,
    ],
    [
      'dimensions that overflow',
      withDataset(dataset([2 ** 40, 2 ** 40], contiguous(0, 1))),
      'FORMAT_LIMIT',
      /counted/,
    ],
    ['chunks of no size', withDataset(dataset([4], chunked([0]))), 'FORMAT_MALFORMED', /impossible/],
    ['chunks of another rank', withDataset(dataset([4], chunked([1, 1]))), 'FORMAT_MALFORMED', /dimensions/],
    [
      'a type of no bytes',
      withDataset(dataset([4], contiguous(0, 4), bytes([0x10, 1], [0, 3], [0, 4], [0, 4]))),
      'FORMAT_MALFORMED',
      /0 bytes/,
    ],
    [
      'bits beyond a type',
      withDataset(dataset([4], contiguous(0, 4), bytes([0x10, 1], [0, 3], [1, 4], [4, 2], [8, 2]))),
      'FORMAT_MALFORMED',
      /do not fit/,
    ],
    [
      'a class of the future',
      withDataset(dataset([4], contiguous(0, 4), bytes([0x1f, 1], [0, 3], [1, 4]))),
      'FORMAT_UNSUPPORTED',
      /class 15/,
    ],
    [
      'types within types',
      withDataset(
        dataset([4], contiguous(0, 4), bytes(...Array(40).fill(bytes([0x19, 1], [0, 3], [16, 4])))),
      ),
      'FORMAT_LIMIT',
      /nested/,
    ],
  ])('%s', async (_, content, code, message) => {
    await expect(open(content)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })

  test.each<[string, Buffer, string, RegExp]>([
    [
      'elements beyond the end',
      withDataset(dataset([1000], contiguous(48, 1000))),
      'FORMAT_TRUNCATED',
      /1000 bytes|ends at/,
    ],
    [
      'more elements than bytes',
      withDataset(dataset([4], contiguous(48, 2))),
      'FORMAT_MALFORMED',
      /2 bytes instead of 4/,
    ],
    [
      'a bomb of nothing',
      withDataset(dataset([2 ** 45], chunked([1024]))),
      'FORMAT_LIMIT',
      /the whole file only/,
    ],
    [
      'chunks that no memory holds',
      withDataset([
        ...dataset([2 ** 26], chunked([2 ** 30])),
        [0x0b, bytes([2, 1], [1, 1], [1, 2], [0, 2], [0, 2])],
      ]),
      'FORMAT_LIMIT',
      /chunks of/,
    ],
    [
      'a filter by name',
      withDataset([...dataset([4], chunked([4])), [0x0b, bytes([2, 1], [1, 1], [4, 2], [0, 2], [0, 2])]]),
      'FORMAT_UNSUPPORTED',
      /szip \(4\)/,
    ],
  ])('%s is refused when it is read', async (_, content, code, message) => {
    const model = await open(content)
    const read = async () => {
      for await (const piece of model.readTensor('x')) expect(piece.byteLength).toBeGreaterThan(0)
    }
    await expect(read()).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })
})

describe('names that lead in circles', () => {
  test('groups within each other come once', async () => {
    const at = 48 + header(group(hardLink('inner', 0))).byteLength
    const looped = file(
      group(hardLink('inner', at)),
      header(group(hardLink('outer', 48), hardLink('self', at))),
    )
    const contents = await walkHdf5(await openHdf5(sourceOf(looped)))
    expect(contents.groups.map(({ path }) => path)).toEqual(['', 'inner'])
    expect(contents.links.map(({ path }) => path)).toEqual(['inner/outer', 'inner/self'])
  })

  test('soft links that lead to themselves are refused', async () => {
    const circle = await openHdf5(sourceOf(file(group(softLink('a', '/b'), softLink('b', 'a')))))
    await expect(circle.open('a')).rejects.toMatchObject({
      code: 'FORMAT_LIMIT',
      message: expect.stringMatching(/soft links/),
    })
    expect(await circle.open('c')).toBeUndefined()
  })

  test('soft links that double are refused', async () => {
    const doubling = await openHdf5(sourceOf(file(group(softLink('a', Array(5000).fill('a').join('/'))))))
    await expect(doubling.open('a')).rejects.toMatchObject({ code: 'FORMAT_LIMIT' })
  })
})

test.each(['groups-earliest.h5', 'chunks-latest.h5'])(
  '%s, cut anywhere, is refused with a typed error',
  async name => {
    const whole = fixture(name)
    for (let length = 0; length < whole.byteLength; length += length < 3000 ? 13 : 977) {
      await expect(open(whole.subarray(0, length))).rejects.toMatchObject({
        code: expect.stringMatching(/^FORMAT_(TRUNCATED|UNKNOWN)$/),
      })
    }
  },
)

test('a small file, cut at every byte', async () => {
  const whole = withDataset(dataset([3], contiguous(48, 3)))
  for (let length = 0; length < whole.byteLength; length++)
    await expect(open(whole.subarray(0, length))).rejects.toBeInstanceOf(BallastError)
})

test.each([
  ['chunks-earliest.h5', 40],
  ['chunks-latest.h5', 40],
  ['dtypes-earliest.h5', 80],
  ['dtypes-v108.h5', 80],
  ['groups-earliest.h5', 80],
  ['groups-v114-user-block.h5', 80],
  ['plugins.h5', 150],
] as const)('%s with changed bytes is read or refused, never anything else', async (name, count) => {
  let refused = 0
  for (const mutated of mutations(fixture(name), count, 7)) {
    try {
      await readAll(openHdf5Model, memoryInput(mutated, 'model.h5'))
    } catch (error) {
      expect(error).toBeInstanceOf(BallastError)
      refused++
    }
  }
  expect(refused).toBeGreaterThan(0)
})
