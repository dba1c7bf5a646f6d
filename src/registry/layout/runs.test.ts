import { describe, expect, test } from 'vitest'
import type { ElementKind } from '../codec/types.ts'
import { MAX_GROUP_BYTES, type Run, runsOf } from './runs.ts'
import type { PlacedTensor } from './types.ts'

const tensor = (
  name: string,
  offset: number,
  length: number,
  kind: ElementKind = 'float32',
): PlacedTensor => ({ name, dtype: kind, shape: [length], offset, length, kind })

/** Tensors one behind the other, `gap` bytes between. */
function row(lengths: readonly number[], { gap = 0, start = 0, kind = 'float32' as ElementKind } = {}) {
  let at = start
  return lengths.map((length, i) => {
    const placed = tensor(`layers.${i}.weight`, at, length, kind)
    at += length + gap
    return placed
  })
}

const all = (tensors: readonly PlacedTensor[], size?: number): Run[] =>
  Array.from(runsOf(tensors, size ?? tensors.at(-1)!.offset + tensors.at(-1)!.length))

const lengths = (runs: readonly Run[]) => runs.map(({ length }) => length)

test('10,000 tensors of 5 KB are some 1,800 runs, none above the limit', () => {
  const runs = all(row(new Array<number>(10_000).fill(5120)))
  expect(runs.length).toBeGreaterThan(800)
  expect(runs.length).toBeLessThan(2500)
  expect(Math.max(...lengths(runs))).toBeLessThanOrEqual(MAX_GROUP_BYTES)
})

test('a tensor that comes moves no group but those beside it', () => {
  const before = row(new Array<number>(2000).fill(4096))
  const shifted = before.map(each => ({
    ...each,
    offset: each.offset + (each.offset >= 4_096_000 ? 512 : 0),
  }))
  const after = [...shifted.slice(0, 1000), tensor('new', 4_096_000, 512), ...shifted.slice(1000)]
  const firsts = (tensors: readonly PlacedTensor[]) =>
    new Set(all(tensors).map(run => `${tensors[run.tensor!]!.name} ${run.length}`))
  const [old, fresh] = [firsts(before), firsts(after)]
  const changed = [...fresh].filter(run => !old.has(run))
  expect(changed.length).toBeLessThanOrEqual(4)
})

describe('a group', () => {
  test('takes along small gaps, the one behind it too', () => {
    expect(all(row([400, 400, 400], { gap: 64 }), 3 * 464)).toEqual([
      { offset: 0, length: 3 * 464, kind: 'float32', tensor: 0, byContent: false },
    ])
  })

  test('leaves headers between longer tensors to themselves, and takes padding along', () => {
    expect(lengths(all(row([5000, 5000], { gap: 160 })))).toEqual([5000, 160, 5000])
    expect(lengths(all(row([6000, 6000], { gap: 64 })))).toEqual([12_064])
  })

  test('ends before a large gap, which is cut by its content', () => {
    expect(all([tensor('a', 0, 4096), tensor('b', 9000, 4096)])).toEqual([
      { offset: 0, length: 4096, kind: 'float32', tensor: 0, byContent: false },
      { offset: 4096, length: 4904, kind: 'bytes', byContent: true },
      { offset: 9000, length: 4096, kind: 'float32', tensor: 1, byContent: false },
    ])
  })

  test('ends before another kind, and before elements that are not aligned with its own', () => {
    const kinds = all([tensor('a', 0, 4096), tensor('b', 4096, 4096, 'float16')])
    expect(kinds.map(({ kind }) => kind)).toEqual(['float32', 'float16'])
    expect(lengths(all([tensor('a', 0, 4096), tensor('b', 4099, 4096)]))).toEqual([4099, 4096])
  })

  test('takes tiny tensors of any kind, and is bytes where those are the most of it', () => {
    const one = all([tensor('a', 0, 4000), tensor('n', 4000, 8, 'int64'), tensor('b', 4008, 4000)])
    expect(one).toEqual([{ offset: 0, length: 8008, kind: 'float32', tensor: 0, byContent: false }])
    const mixed = all([tensor('a', 0, 4), ...row([8, 8, 8, 8], { start: 5, kind: 'int64' })])
    expect(mixed).toMatchObject([{ length: 37, kind: 'bytes' }])
  })
})

test('a large tensor stands alone between small ones', () => {
  const tensors = row([1000, 50_000, 1000, 1000])
  expect(lengths(all(tensors))).toEqual([1000, 50_000, 2000])
})

test('names that differ in a digit begin groups independently of one another', () => {
  const runs = all(row(new Array<number>(20_000).fill(1024)))
  const starts = runs.map(({ tensor: first }) => first! % 10)
  const counts = Array.from({ length: 10 }, (_, digit) => starts.filter(each => each === digit).length)
  // Of about 700 groups 70 each: chance leaves none with half or twice as many.
  expect(Math.min(...counts)).toBeGreaterThan(runs.length / 20)
  expect(Math.max(...counts)).toBeLessThan(runs.length / 5)
})
