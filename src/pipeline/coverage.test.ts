import { expect, test } from 'vitest'
import { coverageIn } from './coverage.ts'

// https://docs.gitlab.com/ci/testing/code_coverage/
test.each<[string, string, string, number | undefined]>([
  ['the figure of the match', 'TOTAL  120  6  95%', String.raw`TOTAL.*? (\d+)%$`, 95],
  ['the last match', 'Lines: 10.5%\nLines: 80.25%\n', String.raw`Lines: \d+\.\d+%`, 80.25],
  ['through colours', '\x1b[32mCoverage: \x1b[1m91.5%\x1b[0m', String.raw`Coverage: \d+\.\d+`, 91.5],
  ['the first figure of a match', '7 of 10 lines: 70%', String.raw`\d+ of \d+ lines: \d+%`, 7],
  [
    'the last group of a match',
    'All files  | 99.3 | 97.91 | 100',
    String.raw`All files.*?\|.*?\|.*?([\d\.]+)`,
    97.91,
  ],
  ['none without a match', 'all is well', String.raw`Coverage: \d+`, undefined],
  ['none in a match without a figure', 'Coverage: good', 'Coverage: [a-z]+', undefined],
  ['none above 100', 'Coverage: 404', String.raw`Coverage: \d+`, undefined],
  ['none of an expression that is none', 'Coverage: 1', '(', undefined],
])('coverage: %s', (_, log, pattern, expected) => {
  expect(coverageIn(log, pattern)).toBe(expected)
})

test('an expression that would take for ever elsewhere ends at once', () => {
  expect(coverageIn('a'.repeat(50_000), '(a+)+$ 1')).toBeUndefined()
})
