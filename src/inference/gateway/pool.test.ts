import { afterEach, expect, test } from 'vitest'
import { idlest, Link } from './pool.ts'

const links: Link[] = []
afterEach(() => {
  for (const link of links.splice(0)) link.close()
})

/** A connected link with so many requests under way, as far as choosing sees it. */
function aLink(name: string, busy: { inFlight: number }): Link {
  const link = new Link(name, { kind: 'unix', path: '/nowhere' })
  Object.defineProperty(link, 'client', { get: () => busy })
  links.push(link)
  return link
}

/** 8 replicas, of which one is five times slower; each turn brings 4 requests, each replica ends what it can. */
function mostWaiting(choose: (links: readonly Link[]) => Link | undefined): number {
  const loads = Array.from({ length: 8 }, () => ({ inFlight: 0 }))
  const replicas = loads.map((load, i) => aLink(`r${i}`, load))
  let most = 0
  for (let turn = 0; turn < 2000; turn++) {
    for (let i = 0; i < 4; i++) loads[replicas.indexOf(choose(replicas)!)]!.inFlight++
    loads.forEach((load, i) => {
      if (i > 0 || turn % 5 === 0) load.inFlight = Math.max(0, load.inFlight - 1)
    })
    most = Math.max(most, ...loads.map(({ inFlight }) => inFlight))
  }
  return most
}

test('the idlest of all queues less than the idler of two by lot, and than lots', () => {
  const lot = (of: readonly Link[]) => of[Math.floor(Math.random() * of.length)]!
  const byLot = mostWaiting(lot)
  const ofTwo = mostWaiting(of => {
    const [a, b] = [lot(of), lot(of)]
    return a.client!.inFlight <= b.client!.inFlight ? a : b
  })
  const ofAll = mostWaiting(of => idlest(of))
  expect(ofAll).toBeLessThanOrEqual(2)
  expect(ofTwo).toBeGreaterThan(ofAll)
  expect(byLot).toBeGreaterThan(ofTwo)
})

test('among equals the lot decides: no replica is the first for ever', () => {
  const replicas = ['a', 'b', 'c'].map(name => aLink(name, { inFlight: 0 }))
  const counts = new Map(replicas.map(replica => [replica, 0]))
  for (let i = 0; i < 3000; i++) {
    const link = idlest(replicas)!
    counts.set(link, counts.get(link)! + 1)
  }
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(160)
})

test('open breakers are passed by, until they are more than half', () => {
  const replicas = ['a', 'b', 'c', 'd'].map(name => aLink(name, { inFlight: 0 }))
  const fail = (link: Link) => {
    for (let i = 0; i < 5; i++) link.breaker.ended(false, false, 0)
  }
  const reached = () => new Set(Array.from({ length: 200 }, () => idlest(replicas, undefined, 1)?.replica))
  fail(replicas[0]!)
  fail(replicas[1]!)
  expect([...reached()].sort()).toEqual(['c', 'd'])
  fail(replicas[2]!)
  expect([...reached()].sort()).toEqual(['a', 'b', 'c', 'd'])
})

test('one that starts just now is passed by for a second', () => {
  const link = aLink('a', { inFlight: 0 })
  link.slept()
  const now = performance.now()
  expect([idlest([link], undefined, now), idlest([link], undefined, now + 1000)]).toEqual([undefined, link])
})
