import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { MergeRequestView, MirrorView } from '../../src/api/index.ts'
import { FakeRunner } from '../server/agents.ts'
import { type Repository, startWorld, until, type World } from '../server/world.ts'

/** Runs on every event: branches, tags and merge requests. */
const CI = 'unit: { script: ["true"], rules: [{ when: always }] }\n'
const P = '/projects/team%2Fdigits'

/** The API of a forge: keeps what it is told, and fails as it is asked. */
class FakeForge {
  readonly posts: {
    readonly path: string
    readonly authorization: string | undefined
    readonly body: Told
  }[] = []
  /** Statuses of the next answers; 201 after them. */
  readonly answers: number[] = []
  #server!: Server

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async start(): Promise<void> {
    this.#server = createServer((request, response) => {
      void bodyOf(request).then(text => {
        const status = this.answers.shift() ?? 201
        const { authorization } = request.headers
        if (status < 300)
          this.posts.push({ path: request.url!, authorization, body: JSON.parse(text) as Told })
        response.writeHead(status, { location: 'http://127.0.0.1:9/' }).end('{}')
      })
    })
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  stop(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  /** What it knows of a commit: the last word of each series. */
  of(commit: string): Readonly<Record<string, string>> {
    const mine = this.posts.filter(({ path }) => path.endsWith(commit))
    return Object.fromEntries(mine.map(({ body }) => [body.context, body.state]))
  }
}

interface Told {
  readonly state: string
  readonly context: string
  readonly target_url: string
  readonly description: string
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const piece of request) text += String(piece)
  return text
}

/** The forge's repositories are those of another control plane: a real git over HTTP, with a token. */
let remote: World
let forge: FakeForge
let world: World
let upstream: Repository
let runner: FakeRunner
let readToken: string
let mirror: MirrorView
let secret: string

beforeAll(async () => {
  remote = await startWorld()
  world = await startWorld()
  forge = new FakeForge()
  await forge.start()
  runner = new FakeRunner(world)
  await remote.admin('POST', '/projects', { name: 'team/digits' })
  upstream = await remote.repository('team/digits', { '.gitlab-ci.yml': CI })
  await push('HEAD:main')
  await push('HEAD:old')
  readToken = await remote.person('bot', 'reader', 'team/digits', ['read'])
  await world.admin('POST', '/projects', { name: 'team/digits' })
})
afterAll(async () => {
  forge.stop()
  await world.stop()
  await remote.stop()
})
beforeEach(() => {
  forge.answers.length = 0
})

/** To the forge, where nothing runs. */
async function push(...args: readonly string[]): Promise<void> {
  const { code, stderr } = await upstream.git('push', '-o', 'ci.skip', await upstream.remote(), ...args)
  if (code !== 0) throw new Error(stderr)
}

const body = (change: object = {}) => ({
  url: `${remote.url}/team/digits.git`,
  forge: 'github',
  apiUrl: forge.url,
  credentials: { user: 'bot', token: readToken },
  ...change,
})
const show = () => world.admin<MirrorView>('GET', `${P}/mirror`)
const settled = (what: string) =>
  until(what, async () => {
    const view = await show()
    return !view.due && view
  })
const refs = async () => {
  const repository = await world.repository('team/digits', { x: 'x' })
  const { stdout } = await repository.git(
    'ls-remote',
    await repository.remote(),
    'refs/heads/*',
    'refs/tags/*',
  )
  return Object.fromEntries(
    stdout
      .trim()
      .split('\n')
      .map(line => line.split('\t').toReversed() as [string, string]),
  )
}

/** A webhook as GitHub sends it. */
function deliver(
  event: string,
  payload: object,
  change: {
    readonly key?: string
    readonly id?: string
    readonly form?: boolean
    readonly text?: string
  } = {},
) {
  const json = change.text ?? JSON.stringify(payload)
  const text = change.form ? new URLSearchParams({ payload: json }).toString() : json
  const signature = createHmac('sha256', change.key ?? secret)
    .update(text)
    .digest('hex')
  return world.call<{ outcome: string }>('POST', new URL(mirror.hookUrl).pathname, {
    bytes: Buffer.from(text),
    headers: {
      'content-type': change.form ? 'application/x-www-form-urlencoded' : 'application/json',
      'x-hub-signature-256': `sha256=${signature}`,
      'x-github-event': event,
      'x-github-delivery': change.id ?? crypto.randomUUID(),
    },
  })
}

describe('setting one', () => {
  test('reaches nothing of this machine until an admin allows it', async () => {
    const set = (change: object) =>
      world.secret().then(token => world.call('PUT', `/api/v1${P}/mirror`, { token, body: body(change) }))
    expect((await set({})).status).toBe(400)
    await world.admin('PUT', '/settings/mirrors', { allow: ['http'] })
    expect((await set({})).body).toMatchObject({ error: { code: 'OUTBOUND_REFUSED' } })
    for (const url of [
      'file:///etc',
      'ext::sh -c id',
      '--upload-pack=id',
      'ssh://git@127.0.0.1/x',
      'https://a:b@h/x',
    ])
      expect((await set({ url })).status, url).toBe(400)
    await world.admin('PUT', '/settings/mirrors', { allow: ['http', 'private'] })
  })

  test('takes over what is there: one pipeline, of the default branch, whose status goes back', async () => {
    const answer = await world.admin<{ mirror: MirrorView; hookSecret: string }>('PUT', `${P}/mirror`, body())
    ;({ mirror, hookSecret: secret } = answer)
    expect(JSON.stringify(answer.mirror)).not.toContain(readToken)
    expect(secret).toHaveLength(40)
    const { outcome } = await settled('the first synchronisation')
    expect(outcome).toBe('2 refs moved, 1 pipeline')
    const head = (await upstream.git('rev-parse', 'HEAD')).stdout.trim()
    expect(await refs()).toEqual({ 'refs/heads/main': head, 'refs/heads/old': head })
    expect(await world.pipelines('team/digits')).toMatchObject([{ number: 1, commit: head, by: 'admin' }])
    await until('pending', async () => forge.of(head)['ballast'] === 'pending')
    await runner.endAll('team/digits', 1)
    await until('the end', async () => ['success', 'failure'].includes(forge.of(head)['ballast']!))
    const told = forge.posts.at(-1)!
    expect(told).toMatchObject({
      path: `/repos/team/digits/statuses/${head}`,
      authorization: `Bearer ${readToken}`,
      body: {
        description: expect.stringMatching(/^Pipeline #1: /),
        target_url: expect.stringContaining(world.url),
      },
    })
  }, 60_000)

  test('again keeps hook and token; another host gets no token', async () => {
    const { credentials: _, ...rest } = body()
    const kept = await world.admin<{ mirror: MirrorView; hookSecret: null }>('PUT', `${P}/mirror`, rest)
    expect(kept).toMatchObject({
      hookSecret: null,
      mirror: { hookUrl: mirror.hookUrl, hasCredentials: true },
    })
    const moved = { ...rest, apiUrl: 'https://evil.example' }
    const other = await world.admin<{ mirror: MirrorView }>('PUT', `${P}/mirror`, moved)
    expect(other.mirror.hasCredentials).toBe(false)
    const back = await world.admin<{ mirror: MirrorView }>('PUT', `${P}/mirror`, body())
    expect(back.mirror).toMatchObject({ hookUrl: mirror.hookUrl, hasCredentials: true })
    await settled('back')
  })
})

describe('a delivery', () => {
  test.each([false, true])('moves what moved, and starts its pipeline (form: %s)', async form => {
    const head = await upstream.commit('More', { 'a.txt': `${form}` })
    await push('HEAD:main')
    const id = crypto.randomUUID()
    const first = await deliver('push', { ref: 'refs/heads/main', n: form }, { form, id })
    expect(first).toMatchObject({ status: 202, body: { outcome: 'accepted' } })
    const made = await until('its pipeline', async () =>
      (await world.pipelines('team/digits')).find(({ commit }) => commit === head),
    )
    const again = await deliver('push', { ref: 'refs/heads/main', n: form }, { form, id })
    expect(again.body).toEqual({ outcome: 'known already' })
    await settled('again')
    expect((await world.pipelines('team/digits')).filter(({ commit }) => commit === head)).toEqual([made])
  })

  test('of a tag starts one, a deleted branch goes', async () => {
    await upstream.git('tag', '-a', '-m', 'One', 'v1')
    await push('v1', ':old')
    await deliver('create', { ref_type: 'tag' })
    const made = await until('its pipeline', async () =>
      (await world.pipelines('team/digits')).find(({ ref }) => ref === 'refs/tags/v1'),
    )
    expect(made.commit).toBe((await upstream.git('rev-parse', 'HEAD')).stdout.trim())
    expect(Object.keys(await refs())).not.toContain('refs/heads/old')
  })

  test('never moves a branch that was pushed to here', async () => {
    const here = await world.repository('team/digits', { 'own.txt': 'of this side' })
    const own = await here.commit('Own work', { 'more.txt': '1' })
    await here.git('push', '-o', 'ci.skip', await here.remote(), 'HEAD:shared')
    await push('HEAD:shared')
    await deliver('push', { ref: 'refs/heads/shared' })
    const { outcome } = await settled('shared')
    expect(outcome).toContain('shared stays: it was pushed to here')
    expect((await refs())['refs/heads/shared']).toBe(own)
  })

  test.each([
    ['another secret', { key: 'x'.repeat(40) }, 401],
    ['no JSON', { text: '{' }, 400],
    ['a form of no JSON', { text: '{', form: true }, 400],
  ])('with %s is refused', async (_what, change, status) => {
    expect((await deliver('push', {}, change)).status).toBe(status)
  })

  test('without a signature, to another hook, or as another type is refused', async () => {
    const path = new URL(mirror.hookUrl).pathname
    const post = (to: string, headers: Record<string, string>) =>
      world.call('POST', to, { bytes: Buffer.from('{}'), headers })
    const json = { 'content-type': 'application/json', 'x-github-event': 'push' }
    expect((await post(path, json)).status).toBe(401)
    const another = path.endsWith('x') ? 'y' : 'x'
    expect((await post(`${path.slice(0, -1)}${another}`, json)).status).toBe(404)
    expect((await post(path, { ...json, 'content-type': 'text/plain' })).status).toBe(401)
  })

  test('ping and what is nothing to us are answered', async () => {
    expect((await deliver('ping', { zen: 'x' })).body).toEqual({ outcome: 'pong' })
    expect((await deliver('star', {})).body.outcome).toMatch(/^ignored/)
  })
})

describe('a pull request', () => {
  const pull = (head: string, change: object = {}, from = 'team/digits') => ({
    pull_request: {
      number: 12,
      title: 'Better',
      body: 'It is',
      state: 'open',
      merged: false,
      draft: false,
      labels: [],
      head: { ref: 'topic', sha: head, repo: { full_name: from } },
      base: { ref: 'main', repo: { full_name: 'team/digits' } },
      ...change,
    },
  })
  const requests = () => world.admin<MergeRequestView[]>('GET', `${P}/merge-requests`)

  test('has a pipeline on each push, with a status of its own, and ends with the forge’s', async () => {
    await upstream.git('checkout', '-q', '-b', 'topic')
    const head = await upstream.commit('Topic', { 'topic.txt': '1' })
    await push('HEAD:topic')
    expect((await deliver('pull_request', pull(head))).body).toEqual({ outcome: 'accepted' })
    const made = await until('its pipeline', async () =>
      (await world.pipelines('team/digits')).find(({ ref }) => ref === 'refs/merge-requests/1/head'),
    )
    expect(made.commit).toBe(head)
    expect(await requests()).toMatchObject([{ number: 1, external: 'github#12', state: 'open', head }])
    await until('its status', async () => forge.of(head)['ballast/merge-request'] !== undefined)
    const token = await world.secret()
    const merge = await world.call('POST', `/api/v1${P}/merge-requests/1/merge`, { token, body: {} })
    expect(merge.status).toBe(409)
    const more = await upstream.commit('More', { 'topic.txt': '2' })
    await push('HEAD:topic')
    await deliver('push', { ref: 'refs/heads/topic', after: more })
    await until('the next', async () =>
      (await world.pipelines('team/digits')).find(
        ({ ref, commit }) => ref === 'refs/merge-requests/1/head' && commit === more,
      ),
    )
    await deliver('pull_request', pull(more, { state: 'closed' }))
    expect(await requests()).toMatchObject([{ state: 'closed' }])
  })

  test('from a fork runs nothing', async () => {
    const answer = await deliver('pull_request', pull('f'.repeat(40), { number: 13 }, 'mallory/digits'))
    expect(answer.body).toEqual({ outcome: 'ignored: it comes from a fork' })
    expect(await requests()).toHaveLength(1)
  })
})

test('a status that was not taken is told after a restart; one that is refused is given up', async () => {
  await upstream.git('checkout', '-q', 'main')
  forge.answers.push(...Array<number>(50).fill(503))
  const head = await upstream.commit('Unlucky', { 'b.txt': '1' })
  await push('HEAD:main')
  await deliver('push', { ref: 'refs/heads/main', after: head })
  await until('its pipeline', async () =>
    (await world.pipelines('team/digits')).find(({ commit }) => commit === head),
  )
  await until('a vain try', async () => forge.answers.length < 50)
  expect(forge.of(head)).toEqual({})
  forge.answers.length = 0
  await world.restart()
  await until('its status', async () => forge.of(head)['ballast'] === 'pending', 30_000)
}, 60_000)

test('an owner who is no maintainer any more moves nothing', async () => {
  const boss = await world.person('boss', 'admin', 'team/digits', ['read', 'push', 'admin'])
  const set = await world.call('PUT', `/api/v1${P}/mirror`, { token: boss, body: body() })
  expect(set.status).toBe(200)
  await settled('of the boss')
  await world.admin('PUT', `${P}/members/boss`, { role: 'developer' })
  const before = await refs()
  await upstream.commit('Late', { 'c.txt': '1' })
  await push('HEAD:main')
  await world.admin('POST', `${P}/mirror/sync`)
  expect((await settled('without rights')).outcome).toContain('not synchronised: boss')
  expect(await refs()).toEqual(before)
})

test('a remote that says no is told, without the token, and stays due', async () => {
  await world.admin(
    'PUT',
    `${P}/mirror`,
    body({ credentials: { user: 'bot', token: 'wrong-token-of-a-bot' } }),
  )
  const view = await until('a failure', async () => {
    const now = await show()
    return now.outcome?.startsWith('failed') && now
  })
  expect(view.outcome).not.toContain('wrong-token-of-a-bot')
  expect(view.due).toBe(true)
})
