import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Offer } from '../../src/api/index.ts'
import { instant, newId, type VersionId } from '../../src/core/index.ts'
import { openSqlite } from '../../src/storage/index.ts'
import { FakeRunner } from '../server/agents.ts'
import { modelFiles, startWorld, until, type World } from '../server/world.ts'
import { NEEDS, type Need, ROLES, type Role, SCOPES, type Scope } from './access-world/needs.ts'

/** Makes an environment and a release. */
const DELIVERS = `deliver:
  rules: [{ if: $CI_COMMIT_BRANCH }]
  script: "true"
  environment: review
  release: { tag_name: v1, description: First }
`

interface Credential {
  readonly name: string
  readonly secret: string | undefined
  readonly valid: boolean
  readonly scopes: readonly Scope[]
  /** In the project of the table. */
  readonly role?: Role
  readonly serverAdmin?: boolean
  readonly bound?: boolean
  readonly agent?: 'runner' | 'host' | 'gateway'
  readonly attempt?: boolean
}

let world: World
let offer: Offer
const credentials: Credential[] = []
const ids: Record<string, string> = {}
const DIGEST = `sha256:${'0'.repeat(64)}`

beforeAll(async () => {
  world = await startWorld()
  const yaml = 'model: model.onnx\njobs: { unit: { run: "true" } }\n'
  const repository = await world.repository('p', modelFiles(yaml))
  await world.admin('POST', '/projects', { name: 'q' })
  await repository.pushAndLeave()
  const runner = new FakeRunner(world)
  const first = await runner.take('unit')
  const kept = await runner.put(first, 'page', 'kept')
  await runner.finish(first, { outcome: 'succeeded', artifacts: [kept] })
  await runner.endAll('p', 1)
  const rollout = await until('a rollout', async () => (await world.rollouts('p'))[0])
  await addVariant(rollout.candidate.id as VersionId)
  await repository.commit('again', { 'a.txt': 'a' })
  await repository.pushAndLeave()
  offer = await runner.take('unit')
  const pipeline = await world.pipeline('p', 2)
  await repository.commit('aside', { 'b.txt': 'b' })
  await repository.git('push', '-o', 'ci.skip', await repository.remote(), 'HEAD:topic')
  await world.admin('POST', '/projects/p/merge-requests', { title: 'Aside', source: 'topic' })
  const target = { kind: 'webhook', url: 'https://hooks.invalid/' }
  await world.admin('POST', '/projects/p/channels', { name: 'ops', target })
  await world.admin('PUT', '/projects/p/mirror', { url: 'https://mirror.invalid/team/p', forge: 'github' })
  const aside = await world.repository('p', { '.gitlab-ci.yml': DELIVERS })
  await aside.pushAndLeave('HEAD:delivery')
  await runner.finish(await runner.take('deliver'), { outcome: 'succeeded', artifacts: [] })
  const environments = await world.admin<{ id: string }[]>('GET', '/projects/p/environments')
  Object.assign(ids, {
    environments: environments[0]?.id,
    pipelines: pipeline.id,
    jobs: offer.job,
    attempts: offer.attempt,
    artifacts: first.attempt,
    versions: rollout.candidate.id,
    rollouts: rollout.id,
    tokens: 'tok_none',
  })
  const all = [...SCOPES]
  credentials.push(
    { name: 'no token', secret: undefined, valid: false, scopes: [] },
    { name: 'a wrong token', secret: 'blst_wrong', valid: false, scopes: [] },
    { name: "an attempt's token", secret: offer.token, valid: false, scopes: [], attempt: true },
  )
  for (const agent of ['runner', 'host', 'gateway'] as const)
    credentials.push({
      name: `the ${agent}'s`,
      secret: await world.secret(agent),
      valid: true,
      scopes: [],
      agent,
    })
  for (const role of ROLES)
    credentials.push({
      name: role,
      secret: await world.person(`a-${role}`, role, 'p', all),
      valid: true,
      scopes: all,
      role,
    })
  for (const scope of SCOPES)
    credentials.push({
      name: `server admin with ${scope} alone`,
      secret: await world.token([scope]),
      valid: true,
      scopes: [scope],
      serverAdmin: true,
    })
  credentials.push(
    {
      name: 'maintainer elsewhere',
      secret: await world.person('else', 'maintainer', 'q', all),
      valid: true,
      scopes: all,
    },
    {
      name: 'server admin bound elsewhere',
      secret: await world.token(all, { project: 'q' }),
      valid: true,
      scopes: all,
      serverAdmin: true,
      bound: true,
    },
  )
})
afterAll(() => world.stop())

/** One whose bytes are the version's own: only who reaches it matters here. */
async function addVariant(id: VersionId): Promise<void> {
  const stores = await openSqlite(join(world.folder, 'data', 'ballast.db'))
  const { manifest } = (await stores.versions.byId(id))!
  const [{ digest, size } = { digest: DIGEST, size: 0 }] = manifest.files
  const body = { name: 'int8', change: 'int8', digest, size, repaired: [] }
  await stores.versions.addRecord({
    id: newId('record'),
    version: id,
    kind: 'variant',
    body: { ...body, files: [{ name: 'model.onnx', digest, size }] },
    createdAt: instant(1),
  })
  await stores.close()
}

function pathOf(route: string): string {
  const [, template = ''] = route.split(' ')
  const [kind = ''] = template.replace('/api/v1/', '').split('/')
  return template
    .replace('{project}', 'p')
    .replace('{group}', 'team')
    .replace('{model}', 'p')
    .replace('{principal}', 'nobody-there')
    .replace('{environment}', 'production')
    .replace('{channel}', 'ops')
    .replace('{name}', 'API_KEY')
    .replace('{number}', '1')
    .replace('{tag}', 'v1')
    .replace('{digest}', DIGEST)
    .replace('{id}', ids[route.includes('/artifacts/') ? 'artifacts' : kind] ?? 'none')
    .replace('{version}', '1')
    .replace('{variant}', 'int8')
    .replace('{*}', kind === 'versions' ? 'model.onnx' : 'page')
    .concat(QUERIES[route] ?? '')
}

/** What a route is told beside its path. */
const QUERIES: Readonly<Record<string, string>> = {
  'POST /api/v1/versions/import': '?project=p',
  'DELETE /api/v1/retention': '?project=p',
}

const BODIES: Readonly<Record<string, unknown>> = {
  'POST /api/v1/session': { token: 'blst_wrong' },
  'PUT /api/v1/projects/{project}/members/{principal}': { role: null },
  'PUT /api/v1/projects/{project}/secrets/{name}': { value: 'of some length' },
  'PUT /api/v1/groups/{group}/secrets/{name}': { value: 'of some length' },
  'PUT /api/v1/projects/{project}/protected-refs': { branches: [], tags: [] },
  'POST /api/v1/projects/{project}/schedules': { description: 'x', cron: '@daily' },
  'PUT /api/v1/projects/{project}/schedules/{id}': { description: 'x', cron: '@daily' },
  'POST /api/v1/projects/{project}/merge-requests': { title: 'x', source: 'nowhere' },
  'PUT /api/v1/projects/{project}/mirror': { url: 'https://github.com/team/digits' },
  'PUT /api/v1/settings/mirrors': { allow: [] },
  'POST /api/v1/projects/{project}/channels': {
    name: 'x',
    target: { kind: 'slack', url: 'https://x.invalid' },
  },
  'PUT /api/v1/settings/notifications': { allow: [] },
  'PUT /api/v1/models/{model}/aliases/{name}': { version: 'v1' },
  'PUT /api/v1/retention': { project: 'p', rules: { keepLast: 1 } },
  'PUT /api/v1/registry/quotas/{project}': { quota: null },
  'POST /api/v1/registry/collections': { dryRun: true },
  'POST /api/v1/registry/checks': { repair: false },
}

/** 401, 403, 404 as the access rules have it; `passed` for whatever the handler itself then says. */
function expected(need: Need, { valid, scopes, role, serverAdmin, bound, agent, attempt }: Credential) {
  if (need === 'open') return 'passed'
  if (need === 'attempt') return attempt ? 'passed' : 401
  if (!valid) return 401
  if (need === 'anyone') return 'passed'
  if ('agent' in need) return agent === need.agent ? 'passed' : 403
  if (agent) return need.role === 'person' || need.role === 'server admin' ? 403 : 404
  if (need.role === 'person') return scopes.includes(need.scope) && !bound ? 'passed' : 403
  if (need.role === 'server admin')
    return scopes.includes(need.scope) && serverAdmin && !bound ? 'passed' : 403
  const mine = bound ? undefined : serverAdmin ? 'admin' : role
  const has = (least: Role) => mine !== undefined && ROLES.indexOf(mine) >= ROLES.indexOf(least)
  if (has(need.role) && scopes.includes(need.scope)) return 'passed'
  return has('reader') && scopes.includes('read') ? 403 : 404
}

async function routes(): Promise<readonly string[]> {
  const { body } = await world.call<{ paths: Record<string, Record<string, unknown>> }>(
    'GET',
    '/api/v1/openapi.json',
  )
  return Object.entries(body.paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .map(method => `${method.toUpperCase()} ${path}`)
      .filter(route => !route.startsWith('HEAD')),
  )
}

test('every route of the server stands in the table', async () => {
  const unknown = (await routes()).filter(route => !Object.hasOwn(NEEDS, route))
  expect(unknown).toStrictEqual([])
})

test('every route lets in whom it should and nobody else', async () => {
  const wrong: string[] = []
  for (const route of await routes()) {
    const need = NEEDS[route]!
    const [method = '', template = ''] = route.split(' ')
    for (const credential of credentials) {
      const should = expected(need, credential)
      // What changes things, or never ends, is asked only where it must be refused.
      if (
        should === 'passed' &&
        (method !== 'GET' || template.includes('stream') || template.endsWith('events'))
      )
        continue
      const { status } = await world.call(method, pathOf(route), {
        token: credential.secret,
        ...(method === 'GET' ? {} : { body: BODIES[route] ?? {} }),
      })
      // Guessing is slowed down: after ten wrong tokens the answer is 429, to wrong ones only.
      if (should === 401 && status === 429) continue
      const got =
        [401, 403].includes(status) || (status === 404 && !/digest|^(\/assets)?\/\{\*\}$/.test(template))
          ? status
          : 'passed'
      if (got !== should && !(status === 400 && should !== 401))
        wrong.push(`${route} with ${credential.name}: ${status}, not ${should}`)
    }
  }
  expect(wrong).toStrictEqual([])
})

test.each([
  ['GET', '/api/v1/projects/p', '/api/v1/projects/missing'],
  ['GET', '/api/v1/models/p', '/api/v1/models/missing'],
  ['GET', '/api/v1/pipelines/PIPELINE', '/api/v1/pipelines/missing'],
  ['POST', '/api/v1/jobs/JOB/retry', '/api/v1/jobs/missing/retry'],
  ['GET', '/api/v1/attempts/ATTEMPT/log', '/api/v1/attempts/missing/log'],
  ['GET', '/api/v1/attempts/ARTIFACT/artifacts/page', '/api/v1/attempts/missing/artifacts/page'],
  ['GET', '/api/v1/versions/VERSION', '/api/v1/versions/missing'],
  ['GET', '/api/v1/rollouts/ROLLOUT', '/api/v1/rollouts/missing'],
])('%s %s of somebody else answers as %s does', async (method, path, missing) => {
  const token = credentials.find(({ name }) => name === 'maintainer elsewhere')!.secret
  const real = path.replace(/[A-Z]{3,}/, kind => ids[`${kind.toLowerCase()}s`]!)
  const body = method === 'POST' ? {} : undefined
  const [a, b] = [
    await world.call(method, real, { token, body }),
    await world.call(method, missing, { token, body }),
  ]
  const plain = (answer: typeof a) => JSON.stringify(answer.body).replace(/'[^']*'/, "'…'")
  expect(a.status).toBe(404)
  expect(b.status).toBe(404)
  expect(plain(a)).toBe(plain(b))
})

describe('tokens', () => {
  const make = (token: string | undefined, body: object) =>
    world.call<{ secret: string; token: { id: string; expiresAt: string | null } }>(
      'POST',
      '/api/v1/tokens',
      { token, body: { name: 't', ...body } },
    )

  test('give no scope that they have not, nothing to others, and nothing that outlives them', async () => {
    const narrow = await world.token(['admin', 'read'])
    expect((await make(narrow, { scopes: ['push'] })).status).toBe(403)
    expect((await make(narrow, { scopes: ['agent:runner'] })).status).toBe(400)
    const person = credentials.find(({ name }) => name === 'maintainer')!.secret
    expect((await make(person, { scopes: ['read'], principal: 'admin' })).status).toBe(403)
    const short = await world.token(['admin', 'read'], { expiresInMs: 60_000 })
    const heir = await make(short, { scopes: ['read'], expiresInMs: 1e9 })
    expect(heir.status).toBe(201)
    expect(Date.parse(heir.body.token.expiresAt!)).toBeLessThanOrEqual(Date.now() + 60_000)
    const bound = credentials.find(({ bound }) => bound)!.secret
    expect((await make(bound, { scopes: ['read'] })).status).toBe(403)
  })

  test('stop working at once when revoked, and what was logged in by them as well', async () => {
    const secret = await world.token(['read'])
    const login = await world.call('POST', '/api/v1/session', { body: { token: secret } })
    const cookie = login.headers.get('set-cookie')!.split(';')[0]!
    const me = (headers: Record<string, string>) => world.call('GET', '/api/v1/me', { headers })
    expect((await me({ cookie })).status).toBe(200)
    const tokens = await world.admin<{ id: string; name: string; createdAt: string }[]>('GET', '/tokens')
    const { id } = tokens
      .filter(({ name }) => name === 'of a test')
      .toSorted((a, b) => b.id.localeCompare(a.id))[0]!
    await world.admin('DELETE', `/tokens/${id}`)
    expect([401, 429]).toContain((await me({ authorization: `Bearer ${secret}` })).status)
    expect((await me({ cookie })).status).toBe(401)
  })

  test('are told once and never again', async () => {
    const { secret } = (await make(await world.secret(), { scopes: ['read'] })).body
    const list = await world.call('GET', '/api/v1/tokens', { token: await world.secret() })
    expect(JSON.stringify(list.body)).not.toContain(secret)
    expect(JSON.stringify(list.body)).not.toMatch(/blst_|"hash"/)
  })

  test('that are narrow make no project by a first push', async () => {
    const repository = await world.repository('made-by-nobody', modelFiles('model: model.onnx\n'))
    const remote = await repository.remote(await world.token(['read']))
    expect((await repository.git('push', remote, 'HEAD:main')).code).not.toBe(0)
    const names = (await world.admin<{ name: string }[]>('GET', '/projects')).map(({ name }) => name)
    expect(names).not.toContain('made-by-nobody')
  })
})

test('a session is a cookie that no script reads, and changes nothing without its CSRF token', async () => {
  const login = await world.call<{ csrf: string }>('POST', '/api/v1/session', {
    body: { token: await world.secret() },
  })
  const set = login.headers.get('set-cookie')!
  expect(set).toMatch(/HttpOnly/)
  expect(set).toMatch(/SameSite=Strict/)
  const cookie = set.split(';')[0]!
  const make = (headers: Record<string, string>) =>
    world.call('POST', '/api/v1/projects', { body: { name: 'by-session' }, headers: { cookie, ...headers } })
  expect(await make({})).toMatchObject({ status: 403, body: { error: { code: 'CSRF_MISMATCH' } } })
  expect(await make({ 'x-ballast-csrf': 'guess' })).toMatchObject({ status: 403 })
  expect((await make({ 'x-ballast-csrf': login.body.csrf })).status).toBe(201)
  const leave = { method: 'DELETE', headers: { cookie, 'x-ballast-csrf': login.body.csrf } }
  expect((await world.call('DELETE', '/api/v1/session', leave)).status).toBe(204)
  expect((await world.call('GET', '/api/v1/me', { headers: { cookie } })).status).toBe(401)
})

test('after ten wrong log-ins one waits, and is told how long', async () => {
  const login = () => world.call('POST', '/api/v1/session', { body: { token: 'blst_guess' } })
  const tried = []
  for (let i = 0; i < 12; i++) tried.push(await login())
  const last = tried.at(-1)!
  expect(tried[0]!.status).toBe(401)
  expect(last.status).toBe(429)
  expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0)
})
