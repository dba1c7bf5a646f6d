import { afterEach, expect, test, vi } from 'vitest'
import type { FrameClient } from '../../frames/index.ts'
import { Link } from '../pool.ts'
import { Send } from './send.ts'

const links: Link[] = []
afterEach(() => {
  for (const link of links.splice(0)) link.close()
  vi.restoreAllMocks()
})

function aWorld() {
  const link = new Link('r', { kind: 'unix', path: '/nowhere' })
  links.push(link)
  const cancel = vi.fn()
  const client = { ask: () => 7, cancel } as Partial<FrameClient> as FrameClient
  let now = 1000
  vi.spyOn(performance, 'now').mockImplementation(() => now)
  const send = (connection = client) => {
    const sent = new Send(link, connection, now)
    sent.ask({ operation: 'infer', timeoutMs: 1, headers: '', body: [], bodyBytes: 0 }, () => {})
    return sent
  }
  return { link, cancel, client, send, later: (ms: number) => (now += ms) }
}

test('a replica that says nothing for five seconds has failed; a client with less time says nothing of it', () => {
  const { link, cancel, send, later } = aWorld()
  for (let i = 0; i < 20; i++) {
    const sent = send()
    later(100)
    sent.expired()
  }
  expect(cancel).toHaveBeenCalledTimes(20)
  expect(link.breaker.open).toBe(false)
  for (let i = 0; i < 5; i++) {
    const sent = send()
    later(5000)
    sent.expired()
  }
  expect(link.breaker.open).toBe(true)
})

test('a connection is lost once, with all that was on it; five of them in a row are five failures', () => {
  const { link, send } = aWorld()
  const aClient = () => ({ ask: () => 1, cancel: () => {} }) as Partial<FrameClient> as FrameClient
  for (let i = 0; i < 5; i++) {
    expect(link.breaker.open).toBe(false)
    const connection = aClient()
    for (const sent of Array.from({ length: 10 }, () => send(connection))) sent.lost()
  }
  expect(link.breaker.open).toBe(true)
})

test('a client that goes away frees the place of a probe', () => {
  const { link, send, later } = aWorld()
  for (let i = 0; i < 5; i++) send().ended(false)
  const at = later(2000)
  const probe = send()
  expect(link.breaker.admits(at)).toBe(false)
  probe.canceled()
  probe.ended(true)
  expect([link.breaker.admits(at), link.breaker.open]).toEqual([true, true])
})
