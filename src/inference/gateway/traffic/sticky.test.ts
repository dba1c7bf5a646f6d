import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RouteTargets } from './routing.ts'
import { affinityOf, drawOf, groupOf } from './sticky.ts'

const headOf = (headers: Readonly<Record<string, string>>, secure = false) => ({
  header: (name: string) => (Object.hasOwn(headers, name) ? headers[name] : undefined),
  secure,
})
/** As Node gives a header's bytes. */
const BYTES = fc.uint8Array({ maxLength: 200 }).map(bytes => Buffer.from(bytes).toString('latin1'))
const COOKIE: RouteTargets['sticky'] = { kind: 'cookie', name: 'arm', maxAgeMs: 90_500 }
const HEADER: RouteTargets['sticky'] = { kind: 'header', name: 'x-user' }

test("the caller's own key goes before what the route is sticky by", () => {
  for (const sticky of [undefined, COOKIE, HEADER]) {
    const head = headOf({ 'ballast-affinity': 'me', 'x-user': 'u', cookie: `arm=${'a'.repeat(16)}` })
    expect(drawOf(head, sticky)).toEqual({ draw: affinityOf('me'), setCookie: undefined })
  }
})

test('the same header is the same draw, whatever bytes are in it', () => {
  fc.assert(
    fc.property(BYTES, value => {
      const { draw } = drawOf(headOf({ 'x-user': value }), HEADER)
      expect(draw).toBe(drawOf(headOf({ 'x-user': value }), HEADER).draw)
      expect(draw >= 0 && draw < 1).toBe(true)
    }),
  )
  expect(drawOf(headOf({}), HEADER).setCookie).toBeUndefined()
})

test('a new caller gets a cookie that holds nothing but a random number, and by it the same draw ever after', () => {
  const first = drawOf(headOf({}), COOKIE)
  expect(first.setCookie).toMatch(/^arm=[0-9a-z]{16}; Path=\/; Max-Age=91; HttpOnly; SameSite=Lax$/)
  const cookie = first.setCookie!.split(';')[0]!
  for (const header of [cookie, `a=1; ${cookie}`, `arm2=x; arm=; arm=bad; ${cookie}; b=2`, ` ;;${cookie};`]) {
    expect(drawOf(headOf({ cookie: header }), COOKIE)).toEqual({ draw: first.draw, setCookie: undefined })
  }
  expect(drawOf(headOf({}, true), COOKIE).setCookie).toMatch(/; Secure$/)
})

test('a cookie that no gateway gave is replaced, and a bomb of cookies is not looked through', () => {
  const bombs = [
    'arm=x',
    `arm=${'A'.repeat(16)}`,
    `arm=${'a'.repeat(17)}`,
    'arm',
    'armarm=aaaaaaaaaaaaaaaa',
    `${'a=b;'.repeat(4000)}arm=${'a'.repeat(16)}`,
    `arm=\u0000${'a'.repeat(15)}`,
    `__proto__=1; arm=${'a'.repeat(15)}\r`,
  ]
  for (const cookie of bombs) expect(drawOf(headOf({ cookie }), COOKIE).setCookie).toBeDefined()
})

test('callers of one arm are in all groups, about as many in each, and each caller in one', () => {
  const groups = new Map<number, number>()
  for (let caller = 0; caller < 32_000; caller++) {
    const draw = affinityOf(`user-${caller}`)
    // A canary's callers: those of the smallest draws.
    if (draw < 0.25) groups.set(groupOf(draw, 32), (groups.get(groupOf(draw, 32)) ?? 0) + 1)
    expect(groupOf(draw, 32)).toBe(groupOf(affinityOf(`user-${caller}`), 32))
  }
  expect([...groups.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: 32 }, (_, i) => i))
  for (const count of groups.values()) expect(Math.abs(count - 250)).toBeLessThan(6 * Math.sqrt(250))
})

test('any cookie header gives a draw, and never what the caller wrote', () => {
  fc.assert(
    fc.property(BYTES, cookie => {
      const { draw, setCookie } = drawOf(headOf({ cookie }), COOKIE)
      expect(draw >= 0 && draw < 1).toBe(true)
      if (setCookie !== undefined) expect(setCookie).toMatch(/^arm=[0-9a-z]{16}; /)
    }),
  )
})

test('without any of it callers are drawn by lot, evenly', () => {
  const draws = Array.from({ length: 2000 }, () => drawOf(headOf({}), undefined).draw)
  const below = draws.filter(draw => draw < 0.3).length
  expect(Math.abs(below - 600)).toBeLessThan(6 * Math.sqrt(2000 * 0.3 * 0.7))
})
