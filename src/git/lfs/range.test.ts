import fc from 'fast-check'
import { expect, test } from 'vitest'
import { wantedOf } from './range.ts'

const wanted = (range: string, size = 10) => wantedOf({ range }, size, '"e"')

test('of an empty object no part can be had', () => {
  expect(wanted('bytes=0-', 0)).toEqual({ kind: 'beyond' })
  expect(wanted('bytes=-1', 0)).toEqual({ kind: 'beyond' })
  expect(wantedOf({}, 0, '"e"')).toEqual({ kind: 'whole', start: 0, end: 0 })
})

test('a tag may stand in a list, be weak, or be any', () => {
  for (const header of ['"e"', '"a", "e"', 'W/"e"', '*'])
    expect(wantedOf({ 'if-none-match': header }, 10, '"e"')).toEqual({ kind: 'unchanged' })
  expect(wantedOf({ 'if-none-match': '"a"' }, 10, '"e"').kind).toBe('whole')
})

test('whatever is asked for, the bytes are within the object', () => {
  const asked = fc.oneof(
    fc.string(),
    fc
      .tuple(fc.constantFrom('bytes=', 'bytes= '), fc.nat(), fc.nat())
      .map(([unit, a, b]) => `${unit}${a}-${b}`),
    fc.stringMatching(/^bytes=\d{0,20}-\d{0,20}$/),
  )
  fc.assert(
    fc.property(asked, fc.nat(1000), (range, size) => {
      const found = wantedOf({ range }, size, '"e"')
      if (found.kind !== 'whole' && found.kind !== 'part') return
      expect(found.start).toBeGreaterThanOrEqual(0)
      expect(found.end).toBeLessThanOrEqual(size)
      if (found.kind === 'part') expect(found.start).toBeLessThan(found.end)
      else expect([found.start, found.end]).toEqual([0, size])
    }),
  )
})
