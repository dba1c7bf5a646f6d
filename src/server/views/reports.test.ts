import { expect, test } from 'vitest'
import type { TestSummary } from '../../api/index.ts'
import { reportLines } from './reports.ts'

const tests = (change: Partial<TestSummary>): TestSummary => ({
  tests: 42,
  failures: 0,
  errors: 0,
  skipped: 0,
  seconds: 1,
  failed: [],
  ...change,
})

test.each([
  [{}, []],
  [{ tests: tests({}) }, ['42 tests']],
  [{ tests: tests({ failures: 1, skipped: 2 }) }, ['42 tests, 1 failed, 2 skipped']],
  [{ tests: tests({ tests: 1, errors: 1 }) }, ['1 test, 1 errored']],
  [{ coverage: { lines: 1000, covered: 812, files: [] } }, ['81.2 % of 1000 lines covered']],
  [{ coverage: { lines: 0, covered: 0, files: [] } }, []],
  [
    { metrics: [{ name: 'a', value: 1 }], problems: ['junit report x: it has no element'] },
    ['1 metric', 'junit report x: it has no element'],
  ],
])('%j reads %j', (reports, lines) => {
  expect(reportLines(reports)).toEqual(lines)
})
