import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AREA, BOUND, frameOf, type Look, lineOf, placeX, placeY } from './chart-geometry.ts'

const looks = (...values: readonly number[]): readonly Look[] =>
  values.map((value, i) => ({ at: i * 1000, value }))

test('time goes from the left edge to the right one', () => {
  const frame = frameOf(looks(0, 0.2, 0.4))
  expect([0, 1000, 2000].map(at => placeX(frame, at))).toEqual([
    AREA.left,
    (AREA.left + AREA.right) / 2,
    AREA.right,
  ])
})

test.each([
  { what: 'no look', of: looks() },
  { what: 'one look', of: looks(0.1) },
  { what: 'looks that are all the same', of: looks(0, 0, 0) },
])('of $what, zero stands at the bottom and the bound below the top', ({ of }) => {
  const frame = frameOf(of)
  expect(placeY(frame, 0)).toBe(AREA.bottom)
  expect(placeY(frame, BOUND)).toBeGreaterThan(AREA.top)
  expect(lineOf(frame, of).split(' ').filter(Boolean)).toHaveLength(of.length)
})

test('what is far beyond the bound is drawn along the edge, and the bound keeps its place', () => {
  const frame = frameOf(looks(0, 50))
  expect(placeY(frame, 50)).toBe(AREA.top)
  expect(placeY(frame, BOUND)).toBe((AREA.top + AREA.bottom) / 2)
})

test('whatever the figures, every point stands inside', () => {
  const look = fc.record({
    at: fc.integer({ min: 0, max: 2e12 }),
    value: fc.double({ noNaN: true, min: -1e9, max: 1e9 }),
  })
  fc.assert(
    fc.property(fc.array(look, { maxLength: 50 }), all => {
      const frame = frameOf(all)
      for (const { at, value } of all) {
        expect(placeX(frame, at)).toBeGreaterThanOrEqual(AREA.left)
        expect(placeX(frame, at)).toBeLessThanOrEqual(AREA.right)
        expect(placeY(frame, value)).toBeGreaterThanOrEqual(AREA.top)
        expect(placeY(frame, value)).toBeLessThanOrEqual(AREA.bottom)
      }
    }),
  )
})
