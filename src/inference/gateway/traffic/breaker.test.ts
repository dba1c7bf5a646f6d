import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Breaker } from './breaker.ts'

function opened(now = 0): Breaker {
  const breaker = new Breaker()
  for (let i = 0; i < 5; i++) breaker.ended(false, false, now)
  return breaker
}

test('five failures in a row open it, a success in between does not', () => {
  const breaker = new Breaker()
  for (const ok of [false, false, false, false, true, false, false, false, false]) breaker.ended(ok, false, 0)
  expect(breaker.admits(0)).toBe(true)
  breaker.ended(false, false, 0)
  expect(breaker.admits(0)).toBe(false)
})

test('half of many within ten seconds open it, half of few do not', () => {
  const breaker = new Breaker()
  for (let i = 0; i < 9; i++) for (const ok of [true, false]) breaker.ended(ok, false, i)
  expect(breaker.open).toBe(false)
  for (const ok of [true, false]) breaker.ended(ok, false, 9)
  expect(breaker.open).toBe(true)
  const slow = new Breaker()
  for (let i = 0; i < 40; i++) slow.ended(i % 2 === 0, false, i * 1000)
  expect(slow.open).toBe(false)
})

test('half open, one request at a time may try; its success closes it', () => {
  const breaker = opened()
  expect(breaker.admits(1999)).toBe(false)
  expect(breaker.admits(2000)).toBe(true)
  const probe = breaker.began(2000)
  expect([probe, breaker.admits(2001), breaker.began(2001)]).toEqual([true, false, false])
  breaker.gaveUp(probe)
  expect(breaker.admits(2002)).toBe(true)
  breaker.ended(true, breaker.began(2002), 2003)
  expect([breaker.open, breaker.admits(2003)]).toEqual([false, true])
  // What was open is as good as new: one failure is one.
  breaker.ended(false, false, 2004)
  expect(breaker.open).toBe(false)
})

test('each time it opens again it stays open twice as long, up to a minute, and forgets that in time', () => {
  const breaker = opened()
  const pauses: number[] = []
  let now = 0
  for (let i = 0; i < 8; i++) {
    const from = now
    while (!breaker.admits(now)) now += 500
    pauses.push(now - from)
    breaker.ended(false, breaker.began(now), now)
  }
  expect(pauses).toEqual([2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000])
  now += 60_000
  breaker.ended(true, breaker.began(now), now)
  now += 120_000
  for (let i = 0; i < 5; i++) breaker.ended(false, false, now)
  expect([breaker.admits(now + 1999), breaker.admits(now + 2000)]).toEqual([false, true])
})

test('whatever happens, it is asked again within a minute', () => {
  const step = fc.record({ ms: fc.integer({ min: 0, max: 90_000 }), ok: fc.boolean(), ends: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), steps => {
      const breaker = new Breaker()
      let now = 0
      for (const { ms, ok, ends } of steps) {
        now += ms
        if (!breaker.admits(now)) continue
        const probe = breaker.began(now)
        if (ends) breaker.ended(ok, probe, now)
        else breaker.gaveUp(probe)
      }
      expect(breaker.admits(now + 60_000)).toBe(true)
    }),
  )
})
