import { expect, test } from 'vitest'
import type { QuotaUse } from '../../api/index.ts'
import { instant } from '../../core/index.ts'
import { Gateways } from './gateways.ts'

const aReport = (epoch: string, revision: number, quotas: QuotaUse[] = []) => ({
  gateway: epoch,
  epoch,
  revision,
  quotas,
})

test('nobody waits for gateways that there are none of', async () => {
  expect(await new Gateways().caughtUp(5)).toBe(true)
})

test('a new table has been taken when every gateway has said so', async () => {
  const gateways = new Gateways()
  gateways.report(aReport('a', 4), instant(0))
  gateways.report(aReport('b', 4), instant(0))
  const taken: string[] = []
  const waiting = gateways.caughtUp(5).then(all => taken.push(`all: ${all}`))
  gateways.report(aReport('a', 5), instant(1))
  await Promise.resolve()
  expect(taken).toEqual([])
  gateways.report(aReport('b', 6), instant(2))
  await waiting
  expect(taken).toEqual(['all: true'])
})

test('a gateway that has long been silent is waited for no more', async () => {
  const gateways = new Gateways()
  gateways.report(aReport('dead', 1), instant(0))
  gateways.report(aReport('alive', 5), instant(60_000))
  expect(await gateways.caughtUp(5)).toBe(true)
})

const use = (used: number, window = '2026-11-27', key = 'token/a'): QuotaUse => ({ key, window, used })

test('a gateway is told what the others used, and how many share a rate', () => {
  const gateways = new Gateways()
  expect(gateways.lease('a', instant(0))).toEqual({ gateways: 1 })
  gateways.report(aReport('a', 1, [use(5), use(7, '2026-11', 'route/production/m')]), instant(0))
  gateways.report(aReport('b', 1, [use(20)]), instant(0))
  gateways.report(aReport('c', 1, [use(300)]), instant(0))
  expect(gateways.lease('a', instant(0))).toEqual({ gateways: 3, elsewhere: [use(320)] })
  expect(gateways.lease('b', instant(0)).elsewhere).toEqual([
    use(305),
    use(7, '2026-11', 'route/production/m'),
  ])
  // What one that is gone used is used; it shares no rate any more.
  expect(gateways.lease('a', instant(20_000))).toEqual({ gateways: 1, elsewhere: [use(320)] })
})

test('a gateway that lost its disk is told what it used itself', () => {
  const gateways = new Gateways()
  gateways.report(aReport('a', 1, [use(50)]), instant(0))
  gateways.report(aReport('a', 1, [use(2)]), instant(1))
  expect(gateways.lease('a', instant(1)).elsewhere).toEqual([use(48)])
  gateways.report(aReport('a', 1, [use(1, '2026-11-28')]), instant(2))
  expect(gateways.lease('a', instant(2)).elsewhere).toBeUndefined()
  expect(gateways.lease('b', instant(2)).elsewhere).toEqual([use(1, '2026-11-28')])
})
