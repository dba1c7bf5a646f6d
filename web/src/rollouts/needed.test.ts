import { expect, test } from 'vitest'
import { msUntil } from './needed.ts'

test('how long it takes until there are requests enough', () => {
  expect(msUntil(100, 0.5)).toBeCloseTo(200_000)
  expect(msUntil(100, 0)).toBeUndefined()
  expect(msUntil(100, undefined)).toBeUndefined()
})
