import { expect, test } from 'vitest'
import { asksForNone } from './skip.ts'

test.each([
  ['Typo [skip ci]', true],
  ['[ci skip] Typo', true],
  ['Typo\n\nNothing else. [CI-Skip]', true],
  ['[skip_ci]', true],
  ['[ci_skip]', true],
  ['[skip-ci]', true],
  ['skip ci', false],
  ['[skip  ci]', false],
  ['[skip]', false],
  ['[no ci]', false],
])('%j: %s', (message, none) => {
  expect(asksForNone(message)).toBe(none)
})
