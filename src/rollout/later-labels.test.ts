import { describe, expect, test } from 'vitest'
import { harmIn } from './later-labels.ts'

const ASKED = { margin: 0.02, confidence: 0.95 }
const wrong = (count: number, total: number) => ({ count, total })

/** Numbers from a seed (Park and Miller, 1988). */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

describe('labels that came later', () => {
  test.each([
    ['nothing was labelled', wrong(0, 0), wrong(0, 0)],
    ['of one version alone', wrong(900, 1000), wrong(0, 0)],
    ['as good', wrong(200, 2000), wrong(200, 2000)],
    ['better', wrong(100, 2000), wrong(400, 2000)],
    ['worse within the margin, however surely', wrong(2200, 20_000), wrong(2000, 20_000)],
    ['far worse, of too few', wrong(6, 12), wrong(1, 12)],
  ])('ask for nothing: %s', (_, live, before) => {
    expect(harmIn({ live, before }, ASKED)).toBeUndefined()
  })

  test('ask for the version before, with the figures', () => {
    expect(harmIn({ live: wrong(400, 2000), before: wrong(500, 5000) }, ASKED)).toMatch(
      /^wrong by labels 20 % of 2,000, and 10 % of 5,000 before it: more by [4-8](\.\d+)? % at least, allowed < 2 %$/,
    )
  })

  test('are looked at twenty times, and of 300 versions at the margin no more than the budget is lost', () => {
    const next = random(7)
    let lost = 0
    for (let version = 0; version < 300; version++) {
      const before = wrong(0, 0)
      const live = wrong(0, 0)
      let harmful = false
      for (let labels = 0; labels < 20 && !harmful; labels++) {
        for (let i = 0; i < 50; i++) {
          // At the margin: the worst of what is allowed.
          if (next() < 0.12) live.count++
          if (next() < 0.1) before.count++
        }
        live.total += 50
        before.total += 50
        harmful = harmIn({ live, before }, ASKED) !== undefined
      }
      if (harmful) lost++
    }
    expect(lost / 300).toBeLessThanOrEqual(0.05)
  })

  test('of 15 % more wrong answers are enough after some hundred', () => {
    let needed = 0
    for (let labels = 50; needed === 0; labels += 50) {
      const found = harmIn({ live: wrong(labels / 4, labels), before: wrong(labels / 10, labels) }, ASKED)
      if (found !== undefined) needed = labels
      expect(labels).toBeLessThan(2000)
    }
    expect(needed).toBeGreaterThan(200)
  })
})
