import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instant, type MoveId, type ProjectId, type VersionId } from '../../core/index.ts'
import { servedAt, servingIntervals } from './serving.ts'
import type { Move, MoveEvent } from './types.ts'

let count = 0
function aMove(at: number, event: MoveEvent, version: string, change: Partial<Move> = {}): Move {
  const id = `mov_${String(++count).padStart(6, '0')}` as MoveId
  return {
    id,
    project: 'prj_1' as ProjectId,
    model: 'digits',
    place: { kind: 'environment', name: 'production' },
    event,
    version: version as VersionId,
    at: instant(at),
    by: 'ada',
    decision: { kind: 'checks' },
    reason: '',
    ...change,
  }
}

const told = (moves: readonly Move[]) =>
  servingIntervals(moves).map(
    ({ version, as, from, until, ended }) =>
      `${version} ${as} ${from}-${until ?? ''}${ended ? ` ${ended.as}` : ''}`,
  )

test('a first version, a canary that is aborted, one that is promoted, and a rollback', () => {
  const moves = [
    aMove(10, 'served', 'v1'),
    aMove(20, 'canary', 'v2', { weight: 0.1 }),
    aMove(30, 'aborted', 'v2', { weight: 0.5 }),
    aMove(40, 'canary', 'v3', { weight: 0.1 }),
    aMove(50, 'served', 'v3'),
    aMove(60, 'served', 'v1', { rollback: true, decision: { kind: 'person', by: 'bob' } }),
  ]
  expect(told(moves)).toEqual([
    'v1 stable 10-50',
    'v2 canary 20-30 aborted',
    'v3 canary 40-50 promoted',
    'v3 stable 50-60',
    'v1 stable 60-',
  ])
  expect(told(moves.toReversed())).toEqual(told(moves))
  const at = (time: number) =>
    servedAt(servingIntervals(moves), instant(time)).map(({ version, as }) => `${version} ${as}`)
  expect(at(9)).toEqual([])
  expect(at(25)).toEqual(['v1 stable', 'v2 canary'])
  expect(at(30)).toEqual(['v1 stable'])
  expect(at(50)).toEqual(['v3 stable'])
  expect(at(1e9)).toEqual(['v1 stable'])
})

test('what never took traffic served never', () => {
  expect(told([aMove(1, 'served', 'v1'), aMove(2, 'aborted', 'v2', { weight: 0 })])).toEqual(['v1 stable 1-'])
})

test('the same version again goes on', () => {
  expect(told([aMove(1, 'served', 'v1'), aMove(2, 'served', 'v1')])).toEqual(['v1 stable 1-'])
})

test('of an alias: set, moved, removed, set again', () => {
  const moves = [
    aMove(1, 'set', 'v1'),
    aMove(2, 'set', 'v2'),
    aMove(3, 'removed', 'v2'),
    aMove(5, 'set', 'v2'),
  ]
  expect(told(moves)).toEqual(['v1 alias 1-2', 'v2 alias 2-3', 'v2 alias 5-'])
})

test('at no instant two versions are stable, whatever happened', () => {
  const moves = fc.array(
    fc.tuple(fc.nat(30), fc.constantFrom('served', 'canary', 'aborted'), fc.constantFrom('v1', 'v2', 'v3')),
    { maxLength: 20 },
  )
  fc.assert(
    fc.property(moves, fc.nat(31), (list, at) => {
      const all = servingIntervals(list.map(([time, event, version]) => aMove(time, event, version)))
      const now = servedAt(all, instant(at))
      expect(now.filter(({ as }) => as === 'stable').length).toBeLessThanOrEqual(1)
      // Something serves from the first time on that anything did.
      const first = Math.min(...list.filter(([, event]) => event === 'served').map(([time]) => time))
      expect(now.some(({ as }) => as === 'stable')).toBe(at >= first)
    }),
  )
})
