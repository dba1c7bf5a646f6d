import { describe, expect, test } from 'vitest'
import { fittedInMemory, type Given } from '../../../../test/fixtures/convert/sklearn/memory.ts'
import { sparseRows } from './sparse.ts'

const matrix = (className: string, attributes: Readonly<Record<string, Given>> = {}) =>
  fittedInMemory(className, {
    _shape: [2, 3],
    indptr: { numbers: [0, 2, 3] },
    indices: { numbers: [2, 0, 1] },
    data: { numbers: [5, 6, 7] },
    ...attributes,
  })

async function written(stream: () => AsyncIterable<Uint8Array>): Promise<number[]> {
  const pieces: Uint8Array[] = []
  for await (const piece of stream()) pieces.push(Uint8Array.from(piece))
  return Array.from(new Float64Array(Uint8Array.from(Buffer.concat(pieces)).buffer))
}

describe('a sparse matrix', () => {
  test.each([
    ['by rows', 'csr_matrix', {}, [6, 0, 5, 0, 7, 0]],
    [
      'by columns',
      'csc_array',
      { indptr: { numbers: [0, 1, 1, 3] }, indices: { numbers: [1, 0, 1] } },
      [0, 0, 6, 5, 0, 7],
    ],
    [
      'an element that stands twice is their sum',
      'csr_array',
      { indices: { numbers: [2, 2, 1] } },
      [0, 0, 11, 0, 7, 0],
    ],
    [
      'without elements',
      'csr_matrix',
      { indptr: { numbers: [0, 0, 0] }, indices: { numbers: [] }, data: { numbers: [] } },
      [0, 0, 0, 0, 0, 0],
    ],
  ] as const)('%s', async (_, className, attributes, expected) => {
    const { rows, columns, stream, floats } = await sparseRows(matrix(className, attributes))
    expect([rows, columns]).toEqual([2, 3])
    expect(await written(stream)).toEqual(expected)
    expect(Array.from(await floats())).toEqual(expected)
  })

  test.each([
    ['a place beyond the columns', { indices: { numbers: [2, 0, 3] } }, "'indices' names 3"],
    ['a place below 0', { indices: { numbers: [2, 0, -1] } }, "'indices' names -1"],
    ['a place that is no whole number', { indices: { numbers: [2, 0, 0.5] } }, "'indices' names 0.5"],
    ['rows that fall', { indptr: { numbers: [0, 4, 3] } }, "'indptr' does not lead from 0 to 3"],
    ['rows that do not end', { indptr: { numbers: [0, 2, 2] } }, "'indptr' does not lead from 0 to 3"],
    ['fewer rows than it says', { indptr: { numbers: [0, 3] } }, "'indptr' has the shape [2]"],
    ['fewer places than elements', { indices: { numbers: [2] } }, "'indices' has the shape [1]"],
    ['a shape of one axis', { _shape: [6] }, "'_shape' is [6]"],
    ['a shape below 0', { _shape: [-2, 3] }, "'_shape' is [-2, 3]"],
  ] as const)('%s is refused', async (_, attributes, message) => {
    const read = sparseRows(matrix('csr_matrix', attributes)).then(({ stream }) => written(stream))
    await expect(read).rejects.toMatchObject({
      code: 'CONVERT_INVALID',
      message: expect.stringContaining(message),
    })
  })

  test('is never held whole where it is huge', async () => {
    const huge = matrix('csr_matrix', { _shape: [2, 9_000_000 * 4] })
    await expect(sparseRows(huge)).rejects.toMatchObject({ code: 'CONVERT_LIMIT' })
    const { floats } = await sparseRows(
      matrix('csr_matrix', {
        _shape: [20, 9_000_000],
        indptr: { numbers: new Array(21).fill(3).with(0, 0) },
      }),
    )
    await expect(floats()).rejects.toMatchObject({ code: 'CONVERT_LIMIT' })
  })
})
