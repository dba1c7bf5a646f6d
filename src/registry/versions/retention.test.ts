import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instant, type VersionId } from '../../core/index.ts'
import { checkRetention, judgeRetention, type RetentionFacts } from './retention.ts'
import type { RetentionRules } from './types.ts'

const NOW = instant(Date.UTC(2026, 10, 28))
const idOf = (number: number) => `ver_${number}` as VersionId

/** Version `number` was made on day `number` before `of` days ago. */
function aVersion(number: number, of: number, change: Partial<RetentionFacts> = {}): RetentionFacts {
  return {
    id: idOf(number),
    number,
    createdAt: instant(NOW - (of - number) * 86_400_000 - 1),
    uses: [],
    ...change,
  }
}

function kept(
  rules: RetentionRules,
  changes: Readonly<Record<number, Partial<RetentionFacts>>> = {},
): number[] {
  const versions = Array.from({ length: 10 }, (_, i) => aVersion(i + 1, 10, changes[i + 1]))
  return judgeRetention(versions, rules, NOW)
    .filter(({ keep }) => keep)
    .map(({ number }) => number)
}

test('the newest are kept, whatever their age', () => {
  expect(kept({ keepLast: 3 })).toEqual([10, 9, 8])
})

test('the young are kept, whatever their number', () => {
  expect(kept({ keepDays: 2 })).toEqual([10, 9])
})

test('one rule is enough', () => {
  expect(kept({ keepLast: 1, keepDays: 4 })).toEqual([10, 9, 8, 7])
})

test('what is used is kept, and so many of its ancestors', () => {
  const parent = (number: number) => ({ parent: idOf(number) })
  const changes = { 6: { uses: ['serves in production'], ...parent(4) }, 4: parent(3), 3: parent(1) }
  expect(kept({ keepLast: 1 }, changes)).toEqual([10, 6])
  expect(kept({ keepLast: 1, keepParents: 1 }, changes)).toEqual([10, 6, 4])
  expect(kept({ keepLast: 1, keepParents: 2 }, changes)).toEqual([10, 6, 4, 3])
  // One that is its own ancestor comes to an end.
  expect(kept({ keepLast: 1, keepParents: 99 }, { ...changes, 1: parent(6) })).toEqual([10, 6, 4, 3, 1])
})

test('every verdict says why', () => {
  const verdicts = judgeRetention(
    [aVersion(1, 2), aVersion(2, 2, { uses: ['alias champion'] })],
    { keepLast: 1 },
    NOW,
  )
  expect(verdicts).toEqual([
    { id: idOf(2), number: 2, keep: true, reason: 'alias champion' },
    { id: idOf(1), number: 1, keep: false, reason: 'keeps the newest 1' },
  ])
})

test('what is used never goes, and a wider rule never keeps less', () => {
  const versions = fc.array(fc.record({ age: fc.nat(50), used: fc.boolean() }), { maxLength: 30 })
  fc.assert(
    fc.property(
      versions,
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 60 }),
      (list, last, days) => {
        const facts = list.map(({ age, used }, i) => ({
          id: idOf(i + 1),
          number: i + 1,
          createdAt: instant(NOW - age * 86_400_000),
          uses: used ? ['alias x'] : [],
        }))
        const keep = (rules: RetentionRules) =>
          new Set(
            judgeRetention(facts, rules, NOW)
              .filter(({ keep }) => keep)
              .map(({ number }) => number),
          )
        const narrow = keep({ keepLast: last })
        const wide = keep({ keepLast: last + 1, keepDays: days })
        for (const { number, uses } of facts) if (uses.length > 0) expect(narrow.has(number)).toBe(true)
        for (const number of narrow) expect(wide.has(number)).toBe(true)
        expect(narrow.size).toBeGreaterThanOrEqual(Math.min(last, facts.length))
      },
    ),
  )
})

test.each([
  {},
  { keepParents: 3 },
  { keepLast: 0 },
  { keepLast: 1.5 },
  { keepDays: -1 },
  { keepLast: 1e9 },
  { keepLast: Number.NaN },
])('%j is refused', rules => {
  expect(() => checkRetention(rules)).toThrow(expect.objectContaining({ code: 'RETENTION_INVALID' }))
})
