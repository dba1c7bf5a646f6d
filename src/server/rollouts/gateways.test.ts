import { expect, test } from 'vitest'
import { instant } from '../../core/index.ts'
import { Gateways } from './gateways.ts'

test('nobody waits for gateways that there are none of', async () => {
  expect(await new Gateways().caughtUp(5)).toBe(true)
})

test('a new table has been taken when every gateway has said so', async () => {
  const gateways = new Gateways()
  gateways.report('a', 4, instant(0))
  gateways.report('b', 4, instant(0))
  const taken: string[] = []
  const waiting = gateways.caughtUp(5).then(all => taken.push(`all: ${all}`))
  gateways.report('a', 5, instant(1))
  await Promise.resolve()
  expect(taken).toEqual([])
  gateways.report('b', 6, instant(2))
  await waiting
  expect(taken).toEqual(['all: true'])
})

test('a gateway that has long been silent is waited for no more', async () => {
  const gateways = new Gateways()
  gateways.report('dead', 1, instant(0))
  gateways.report('alive', 5, instant(60_000))
  expect(await gateways.caughtUp(5)).toBe(true)
})
