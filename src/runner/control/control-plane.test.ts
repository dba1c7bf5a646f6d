import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { type Digest, digestOf } from '../../core/index.ts'
import { backoffMs, untilReached } from './backoff.ts'
import { type AttemptRoutes, ControlPlane } from './control-plane.ts'

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

/** A server that answers everything with this. */
async function answering(
  status: number,
  body: string,
): Promise<{ plane: ControlPlane; routes: AttemptRoutes }> {
  server = createServer((_request, response) => {
    response.statusCode = status
    response.end(body)
  })
  await new Promise<void>(resolve => server!.listen(0, '127.0.0.1', resolve))
  const plane = new ControlPlane(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 'token')
  return { plane, routes: plane.attempt({ attempt: 'att_1', token: 'token', fence: 1 }) }
}

const error = (code: string, details: object = {}): string =>
  JSON.stringify({ error: { code, message: code, details } })
const NEVER = new AbortController().signal

describe('what an answer means', () => {
  test.each([
    { status: 409, body: error('LEASE_LOST'), code: 'LEASE_LOST' },
    { status: 401, body: error('UNAUTHENTICATED'), code: 'LEASE_LOST' },
    { status: 404, body: error('NOT_FOUND'), code: 'LEASE_LOST' },
    // A proxy in front of a server that restarts.
    { status: 404, body: '<html>', code: 'CONTROL_PLANE_UNREACHABLE' },
    { status: 502, body: '<html>', code: 'CONTROL_PLANE_UNREACHABLE' },
    { status: 429, body: '', code: 'CONTROL_PLANE_UNREACHABLE' },
    { status: 400, body: error('REQUEST_INVALID'), code: 'CONTROL_PLANE_REFUSED' },
  ])('to a heartbeat: $status $body is $code', async ({ status, body, code }) => {
    const { routes } = await answering(status, body)
    await expect(routes.heartbeat({ started: true, sandboxed: true }, NEVER)).rejects.toMatchObject({ code })
  })

  test('to a log beyond its end: the length that there is', async () => {
    const { routes } = await answering(409, error('LOG_GAP', { length: 17 }))
    expect(await routes.appendLog(99, Buffer.from('x'), NEVER)).toBe(17)
  })

  test('to a blob that is not there: refused, and the attempt still ours', async () => {
    const { routes } = await answering(404, error('NOT_FOUND'))
    const digest: Digest = digestOf('x')
    await expect(routes.blob(digest, NEVER)).rejects.toMatchObject({ code: 'CONTROL_PLANE_REFUSED' })
  })

  test('to a lease with a wrong token: refused', async () => {
    const { plane } = await answering(401, error('UNAUTHENTICATED'))
    const lease = plane.lease({ runner: 'a', capacity: 1, sandbox: 'none' }, NEVER)
    await expect(lease).rejects.toMatchObject({ code: 'CONTROL_PLANE_REFUSED', details: { status: 401 } })
  })

  test('where nobody listens: unreachable, and no token in the message', async () => {
    const { routes } = await answering(200, '')
    server!.closeAllConnections()
    await new Promise(resolve => server!.close(resolve))
    const beat = routes.heartbeat({ started: true, sandboxed: true }, NEVER)
    await expect(beat).rejects.toMatchObject({ code: 'CONTROL_PLANE_UNREACHABLE' })
    await expect(beat).rejects.not.toThrow(/token/)
  })
})

describe('trying again', () => {
  test.each([
    [0, 25, 50],
    [1, 50, 100],
    [4, 400, 800],
    [30, 2500, 5000],
  ])('waits before try %i between %i and %i ms', (n, least, most) => {
    expect(backoffMs(n, () => 0)).toBe(least)
    expect(backoffMs(n, () => 1)).toBe(most)
  })

  test('ends when it is told to', async () => {
    const { routes } = await answering(503, '')
    const stop = new AbortController()
    let tries = 0
    const trying = untilReached(stop.signal, () => {
      if (++tries === 2) stop.abort()
      return routes.finish({ outcome: 'succeeded', artifacts: [] }, NEVER)
    })
    await expect(trying).rejects.toMatchObject({ code: 'CONTROL_PLANE_UNREACHABLE' })
    expect(tries).toBe(2)
  })
})
