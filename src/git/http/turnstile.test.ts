import { expect, test } from 'vitest'
import { Turnstile } from './turnstile.ts'

test('lets so many in, makes the next wait in order, turns the rest away', async () => {
  const turnstile = new Turnstile(1, 2)
  const order: string[] = []
  const first = (await turnstile.enter())!
  const second = turnstile.enter().then(leave => [order.push('second'), leave!] as const)
  const third = turnstile.enter().then(leave => [order.push('third'), leave!] as const)
  expect(await turnstile.enter()).toBeUndefined()
  first()
  first()
  const [, leaveSecond] = await second
  expect(order).toEqual(['second'])
  leaveSecond()
  const [, leaveThird] = await third
  leaveThird()
  expect(order).toEqual(['second', 'third'])
  expect(await turnstile.enter()).toBeTypeOf('function')
})
