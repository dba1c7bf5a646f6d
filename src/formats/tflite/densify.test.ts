import { describe, expect, test } from 'vitest'
import { densify } from './densify.ts'
import type { Sparsity } from './sparsity.ts'

const place = { name: 'test' }
const bytes = (...values: number[]) => Uint8Array.from(values)
/** Rows dense, columns sparse. */
const rows: Sparsity = {
  order: [0, 1],
  blockMap: [],
  levels: [
    { kind: 'dense', size: 3 },
    { kind: 'sparse', segments: [0, 1, 1, 3], indices: [2, 0, 1] },
  ],
}

test('compressed rows', () => {
  expect(Array.from(densify(bytes(7, 8, 9), rows, [3, 3], 1, place))).toEqual([0, 0, 7, 0, 0, 0, 8, 9, 0])
})

// TensorFlow Lite's own example: a matrix of 4 × 4 in blocks of 2 × 2, of which the first and the last are stored.
test('blocks', () => {
  const blocks: Sparsity = {
    order: [0, 1, 2, 3],
    blockMap: [0, 1],
    levels: [
      { kind: 'dense', size: 2 },
      { kind: 'sparse', segments: [0, 1, 2], indices: [0, 1] },
      { kind: 'dense', size: 2 },
      { kind: 'dense', size: 2 },
    ],
  }
  expect(Array.from(densify(bytes(1, 0, 0, 4, 2, 3, 0, 5), blocks, [4, 4], 1, place))).toEqual([
    1, 0, 0, 0, 0, 4, 0, 0, 0, 0, 2, 3, 0, 0, 0, 5,
  ])
})

describe('lies', () => {
  const [dense, sparse] = rows.levels
  test.each<[string, Sparsity, number[], string]>([
    ['other axes', { ...rows, order: [0] }, [3, 3], 'FORMAT_MALFORMED'],
    ['an axis twice', { ...rows, order: [1, 1] }, [3, 3], 'FORMAT_MALFORMED'],
    ['an axis that is not there', { ...rows, order: [0, 9] }, [3, 3], 'FORMAT_MALFORMED'],
    [
      'another size',
      { ...rows, levels: [{ kind: 'dense', size: 2 ** 31 - 1 }, sparse!] },
      [3, 3],
      'FORMAT_MALFORMED',
    ],
    ['a shape beyond memory', rows, [2 ** 30, 2 ** 10], 'FORMAT_LIMIT'],
    [
      'too few elements',
      { ...rows, levels: [dense!, { kind: 'sparse', segments: [0, 1, 1, 2], indices: [2, 0] }] },
      [3, 3],
      'FORMAT_MALFORMED',
    ],
    [
      'an index beyond its axis',
      { ...rows, levels: [dense!, { kind: 'sparse', segments: [0, 1, 1, 3], indices: [2, 0, 3] }] },
      [3, 3],
      'FORMAT_MALFORMED',
    ],
    [
      'segments that go back',
      { ...rows, levels: [dense!, { kind: 'sparse', segments: [0, 3, 1, 3], indices: [2, 0, 1] }] },
      [3, 3],
      'FORMAT_MALFORMED',
    ],
    [
      'segments that are missing',
      { ...rows, levels: [dense!, { kind: 'sparse', segments: [0, 3], indices: [2, 0, 1] }] },
      [3, 3],
      'FORMAT_MALFORMED',
    ],
    [
      'blocks of nothing',
      { order: [0, 1], blockMap: [0], levels: [dense!, { kind: 'dense', size: 0 }] },
      [3],
      'FORMAT_MALFORMED',
    ],
  ])('%s', (_, sparsity, shape, code) => {
    expect(() => densify(bytes(7, 8, 9), sparsity, shape, 1, place)).toThrow(
      expect.objectContaining({ code }),
    )
  })
})
