import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { hashToken } from '../../src/access/index.ts'
import type { Lease, RolloutView } from '../../src/api/index.ts'
import { readEvents } from '../server/events.ts'
import { startRollouts } from '../server/rollouts.ts'
import { modelFiles, type Repository, until } from '../server/world.ts'

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname
const execFileAsync = promisify(execFile)
const { world, runner, host, gateway, inPhase } = await startRollouts()

const yaml = (traffic: string) => `model: model.onnx
deploy:
  production:
    steps: [10%]
    traffic: ${traffic}
`

async function release(name: string, repository: Repository, number: number): Promise<RolloutView> {
  await repository.pushAndLeave()
  await runner.endAll(name, number)
  return until(`rollout ${number} of ${name}`, async () =>
    (await world.rollouts(name)).find(({ candidate }) => candidate.number === number),
  )
}

const route = async (model: string) =>
  (await gateway.table(2000))?.routes.find(other => other.model === model)

test("a file's traffic is routed while its version takes traffic, stays after a promotion, goes with an abort", async () => {
  const repository = await world.repository('shared', modelFiles(yaml('{ sticky: { header: X-User } }')))
  await inPhase((await release('shared', repository, 1)).id, 'promoted')
  expect((await route('shared'))?.traffic).toEqual({ sticky: { kind: 'header', name: 'x-user' } })

  const next = '{ rules: [{ header: X-Debug, to: canary }], mirror: { to: canary, share: 50% } }'
  await repository.commit('Version 2', { 'ballast.yaml': yaml(next) })
  const { id } = await release('shared', repository, 2)
  await inPhase(id, 'progressing')
  const moving = await route('shared')
  expect(moving?.traffic).toEqual({
    rules: [{ header: 'x-debug', match: { kind: 'present' }, to: { kind: 'arm', arm: 'canary' } }],
    mirror: {
      version: moving?.arms.find(({ arm }) => arm === 'canary')?.version,
      versionNumber: 2,
      share: 0.5,
      keep: 'digests',
      replicas: moving?.arms.find(({ arm }) => arm === 'canary')?.replicas,
    },
  })
  await world.admin('POST', `/rollouts/${id}/abort`, {})
  expect((await route('shared'))?.traffic).toEqual({ sticky: { kind: 'header', name: 'x-user' } })

  await world.restart()
  await host.ready()
  expect((await route('shared'))?.traffic).toEqual({ sticky: { kind: 'header', name: 'x-user' } })
})

test('limits of tokens and policies reach gateways, by hash and id, and never by secret', async () => {
  const repository = await world.repository('limited', modelFiles('model: model.onnx\n'))
  await inPhase((await release('limited', repository, 1)).id, 'promoted')
  const limits = { rate: { perSecond: 5, burst: 10 }, quota: { requests: 1000, per: 'day' }, priority: 1 }
  const { secret, token } = await world.admin<{ secret: string; token: { id: string; limits: unknown } }>(
    'POST',
    '/tokens',
    { name: 'client', scopes: ['predict'], project: 'limited', limits },
  )
  expect(token.limits).toEqual(limits)
  const policy = await world.admin<object>('GET', '/projects/limited/policies/production')
  const { environment: _, ...rest } = policy as { environment: string }
  await world.admin('PUT', '/projects/limited/policies/production', {
    ...rest,
    limits: { rate: { perSecond: 50, burst: 50 } },
  })
  const table = await gateway.table(2000)
  expect(table?.tokens.find(({ id }) => id === token.id)).toMatchObject({ limits, id: token.id })
  expect(table?.routes.find(({ model }) => model === 'limited')?.limits).toEqual({
    rate: { perSecond: 50, burst: 50 },
  })
  expect(JSON.stringify(table)).not.toContain(secret)
  expect(await world.admin('GET', '/projects/limited/policies/production')).toMatchObject({
    limits: { rate: { perSecond: 50, burst: 50 } },
  })
})

test.each([
  [{ scopes: ['read'], limits: { priority: 1 } }, 400],
  [{ scopes: ['predict', 'admin'], limits: { priority: 1 } }, 400],
  [{ scopes: ['predict'], limits: { rate: { perSecond: 0, burst: 1 } } }, 400],
  [{ scopes: ['predict'], limits: { rate: { perSecond: 1, burst: 0.5 } } }, 400],
  [{ scopes: ['predict'], limits: { quota: { requests: -1, per: 'day' } } }, 400],
  [{ scopes: ['predict'], limits: { quota: { requests: 1, per: 'century' } } }, 400],
  [{ scopes: ['predict'], limits: { priority: 0 } }, 400],
])('a token of %j is refused', async (body, status) => {
  const token = await world.secret()
  expect(await world.call('POST', '/api/v1/tokens', { token, body: { name: 'x', ...body } })).toMatchObject({
    status,
  })
})

test('only an admin lets a token go before others', async () => {
  await world.admin('POST', '/projects', { name: 'queue' })
  const token = await world.person('ada', 'developer', 'queue', ['predict', 'admin'])
  const body = { name: 'first', scopes: ['predict'], limits: { priority: 1 } }
  expect(await world.call('POST', '/api/v1/tokens', { token, body })).toMatchObject({ status: 403 })
  const rate = { ...body, limits: { rate: { perSecond: 1, burst: 1 } } }
  expect(await world.call('POST', '/api/v1/tokens', { token, body: rate })).toMatchObject({ status: 201 })
})

test('a limited token predicts at gateways, and by no way around them', async () => {
  const limits = { rate: { perSecond: 1, burst: 1 } }
  const token = await world.token(['read', 'predict'], { limits })
  const path = '/api/v1/models/limited/try'
  expect(await world.call('POST', path, { token, bytes: Buffer.from('{}') })).toMatchObject({
    status: 403,
    body: { error: { code: 'FORBIDDEN', message: expect.stringContaining('limited') } },
  })
  const login = await world.call<{ csrf: string }>('POST', '/api/v1/session', { body: { token } })
  const cookie = login.headers.getSetCookie()[0]!.split(';')[0]!
  const me = await world.call('GET', '/api/v1/me', { headers: { cookie } })
  expect(me.body).toMatchObject({ scopes: ['read'] })
  // Nor does a gateway know the session's secret.
  const table = await gateway.table(2000)
  const secret = decodeURIComponent(cookie.slice(cookie.indexOf('=') + 1))
  const known = table!.tokens.map(({ hash }) => hash)
  expect(known).toContain(hashToken(token))
  expect(known).not.toContain(hashToken(secret))
})

test('the command sets limits, shows them, and lifts them', async () => {
  const ballast = async (...args: readonly string[]) => {
    const env = { ...process.env, BALLAST_URL: world.url, BALLAST_TOKEN: await world.secret() }
    return (await execFileAsync(process.execPath, [MAIN, ...args], { env })).stdout
  }
  await world.admin('POST', '/projects', { name: 'words' })
  const limits = ['--rate', '100/s', '--burst', '200', '--quota', '1000000/day', '--priority', '1']
  const create = ['token', 'create', 'mobile-app', '--scopes', 'predict', '--project', 'words']
  expect(await ballast(...create, ...limits)).toMatch(/^blst_/)
  expect(await ballast('token', 'list')).toMatch(
    /mobile-app .* predict +words +100\/s \(burst 200\), 1000000\/day, priority 1 /,
  )
  const policy = ['words', 'production']
  expect(await ballast('policy', 'set', ...policy, '--rate', '30/min', '--quota', '5e7/month')).toContain(
    'limits         30/min (burst 30), 50000000/month',
  )
  expect(await ballast('policy', 'set', ...policy, '--rate', 'none')).toContain(
    'limits         50000000/month',
  )
  expect(await ballast('policy', 'set', ...policy, '--quota', 'none')).toContain('limits         none')
  await expect(ballast('policy', 'set', ...policy, '--rate', '5/day')).rejects.toMatchObject({
    stderr: expect.stringContaining(
      "Expected a rate such as 100/s, 30/min or 500/h, and a burst from 1, found '5/day'",
    ),
  })
}, 30_000)

test('gateways hear what the others used, and how many they are', async () => {
  const window = new Date().toISOString().slice(0, 10)
  const used = (n: number) => [{ key: 'token/tok_1', window, used: n }]
  await gateway.report([], { gateway: 'east', epoch: 'e', quotas: used(7) })
  await gateway.report([], { gateway: 'west', epoch: 'w', quotas: used(5) })
  const lease = async (name: string): Promise<Lease> => {
    const headers = { 'ballast-gateway': encodeURIComponent(name) }
    const stream = readEvents(world, '/api/v1/agents/gateway/stream', await world.secret('gateway'), headers)
    try {
      for await (const { event, data } of stream) if (event === 'lease') return data as Lease
      throw new Error('the stream ended')
    } finally {
      await stream.return(undefined)
    }
  }
  expect(await lease('east')).toEqual({ gateways: 2, elsewhere: used(5) })
  expect(await lease('west')).toMatchObject({ elsewhere: used(7) })
  expect(await lease('nörd')).toMatchObject({ elsewhere: used(12) })
})
