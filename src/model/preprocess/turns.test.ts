import { expect, test } from 'vitest'
import { atOnce, inTurns, overLines, TURN } from './turns.ts'

test('lines are done in order, a turn of work at a time; one that costs more has its own', () => {
  const strips = (count: number, cost: number): readonly (readonly [number, number])[] => {
    const made: (readonly [number, number])[] = []
    atOnce(overLines(count, cost, (first, end) => made.push([first, end])))
    return made
  }
  expect(strips(5, 1)).toEqual([[0, 5]])
  expect(strips(5, TURN / 2)).toEqual([
    [0, 2],
    [2, 4],
    [4, 5],
  ])
  expect(strips(2, TURN * 9)).toEqual([
    [0, 1],
    [1, 2],
  ])
  expect(strips(0, 1)).toEqual([])
})

test('others have their turn between the strips', async () => {
  const seen: string[] = []
  setImmediate(() => seen.push('another'))
  await inTurns(overLines(3, TURN, first => seen.push(`strip ${first}`)))
  expect(seen).toEqual(['strip 0', 'another', 'strip 1', 'strip 2'])
})
