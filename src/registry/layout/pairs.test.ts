import { describe, expect, test } from 'vitest'
import { pairOf } from './pairs.ts'
import type { BaseLayout, PlacedTensor } from './types.ts'

const tensor = (name: string, offset: number, shape: readonly number[]): PlacedTensor => ({
  name,
  dtype: 'float32',
  shape,
  offset,
  length: 4 * shape.reduce((product, size) => product * size, 1),
  kind: 'float32',
})
const base: BaseLayout = {
  size: 10_000,
  tensors: [tensor('a', 100, [10, 10]), tensor('b', 500, [100]), tensor('c', 900, [20, 5])],
}
const layout = {
  tensors: [
    tensor('c', 50, [40, 5]),
    tensor('a', 850, [10, 10]),
    tensor('new', 1250, [4]),
    tensor('b', 1266, [10, 10]),
  ],
}
const pair = (index: number | undefined, offset: number, length: number) =>
  pairOf({ offset, length, kind: 'float32', ...(index !== undefined && { tensor: index }) }, layout, base)

describe('a piece', () => {
  test('is paired with the same place of the tensor of its name, wherever that is', () => {
    expect(pair(1, 850, 400)).toEqual({ offset: 100, length: 400 })
    expect(pair(1, 1050, 200)).toEqual({ offset: 300, length: 200 })
  })

  test('of a tensor that grew by rows has a pair where those were before', () => {
    expect(pair(0, 50, 400)).toEqual({ offset: 900, length: 400 })
    expect(pair(0, 250, 200)).toEqual({ offset: 1100, length: 200 })
    expect(pair(0, 450, 400)).toBeUndefined()
    expect(pair(0, 250, 201)).toBeUndefined()
  })

  test.each([
    ['of no tensor', undefined, 0, 50],
    ['of a new tensor', 2, 1250, 16],
    ['of a tensor of another shape', 3, 1266, 400],
    ['of a tensor that is not in the list', 9, 0, 4],
  ])('%s has none', (_, index, offset, length) => {
    expect(pair(index, offset, length)).toBeUndefined()
  })

  test('has none in a tensor of another type', () => {
    const [first] = base.tensors
    const other = { ...base, tensors: [{ ...first!, dtype: 'int32', kind: 'int32' as const }] }
    expect(pairOf({ offset: 850, length: 400, kind: 'float32', tensor: 1 }, layout, other)).toBeUndefined()
  })

  test('that is a group goes on behind its first tensor, up to the end of the base', () => {
    const group = { offset: 850, length: 416, kind: 'float32', tensor: 1 } as const
    expect(pairOf(group, layout, base)).toEqual({ offset: 100, length: 416 })
    expect(pairOf(group, layout, { ...base, size: 515 })).toBeUndefined()
  })
})

describe('a tensor that the base has by another name', () => {
  const pairsOf = (names: readonly string[]) => {
    const tensors = names.map((name, index) => tensor(name, 1000 * index, name.includes('t') ? [5, 5] : [25]))
    const old = ['t.0', 'u', 't.1', 'v', 't.2'].map((name, index) =>
      tensor(name, 100 * index, name.includes('t') ? [5, 5] : [25]),
    )
    return tensors.map(({ offset }, index) => {
      const piece = { offset, length: 100, kind: 'float32', tensor: index } as const
      return pairOf(piece, { tensors }, { size: 10_000, tensors: old })?.offset
    })
  }

  test.each([
    ['is the next of its form', ['m.t.0', 'm.u', 'm.t.1', 'm.v', 'm.t.2'], [0, 100, 200, 300, 400]],
    ['wherever it stands', ['m.u', 'm.v', 'm.t.0', 'm.t.1', 'm.t.2'], [100, 300, 0, 200, 400]],
    ['that no other has by its name', ['new.t', 't.0', 't.2', 'v'], [200, 0, 400, 300]],
    ['as far as there are any', ['v', 'x', 'y', 'z'], [300, 100, undefined, undefined]],
  ])('%s', (_, names, offsets) => {
    expect(pairsOf(names)).toEqual(offsets)
  })
})

test('of two tensors with one name the first counts', () => {
  const twice = { size: 1000, tensors: [tensor('a', 0, [10, 10]), tensor('a', 400, [10, 10])] }
  expect(pairOf({ offset: 850, length: 400, kind: 'float32', tensor: 1 }, layout, twice)).toEqual({
    offset: 0,
    length: 400,
  })
})
