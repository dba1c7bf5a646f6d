import { expect, test } from 'vitest'
import { aJob, staged } from '../testing.ts'
import { chainLengths } from './priority.ts'

test('a job counts for itself and the longest chain behind it', () => {
  const jobs = [
    aJob('a'),
    aJob('b', { needs: ['a'] }),
    aJob('c', { needs: ['a'] }),
    aJob('d', { needs: ['b'] }),
  ]
  const known = new Map([
    ['b', 100],
    ['c', 900],
    ['d', 200],
  ])
  expect(Object.fromEntries(chainLengths(jobs, [], known))).toEqual({ a: 1900, b: 300, c: 900, d: 200 })
})

test('by stages, the longest job of the next stage counts behind every job', () => {
  const jobs = [...staged('one', 'a', 'b'), ...staged('two', 'c', 'd')]
  const known = new Map([
    ['a', 10],
    ['b', 20],
    ['c', 5],
    ['d', 50],
  ])
  const lengths = Object.fromEntries(chainLengths(jobs, ['one', 'empty', 'two'], known))
  expect(lengths).toEqual({ a: 60, b: 70, c: 5, d: 50 })
})
