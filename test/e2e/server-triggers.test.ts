import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MergeRequestView, PipelineSummary, PipelineView, ScheduleView } from '../../src/api/index.ts'
import { FakeRunner } from '../server/agents.ts'
import { type Answer, type Repository, startWorld, type World } from '../server/world.ts'

/** Runs on every event: branches, tags and merge requests. */
const CI = 'unit: { script: ["true"], rules: [{ when: always }] }\n'
const P = '/api/v1/projects/team%2Fp'
let world: World
let repository: Repository
/** By name: role and scopes. */
const token: Record<string, string> = {}

beforeAll(async () => {
  world = await startWorld()
  await world.admin('POST', '/projects', { name: 'team/p' })
  await world.admin('POST', '/projects', { name: 'team/other' })
  const all = ['read', 'push', 'deploy', 'admin']
  for (const role of ['reader', 'developer', 'maintainer'])
    token[role] = await world.person(role, role, 'team/p', all)
  token['stranger'] = await world.person('stranger', null, 'team/p', all)
  repository = await world.repository('team/p', { '.gitlab-ci.yml': CI })
  await repository.pushAndLeave('HEAD:main')
  await repository.git('push', await repository.remote(), 'HEAD:topic', '-o', 'ci.skip')
})
afterAll(() => world.stop())

const as = <Body = unknown>(
  who: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer<Body>> => world.call<Body>(method, path, { token: token[who], body })
const trigger = (fields: Record<string, string>, multipart = false) => {
  const form = multipart ? new FormData() : new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  return fetch(`${world.url}${P}/trigger`, { method: 'POST', body: form })
}

describe('push options', () => {
  test('ci.skip leaves the branch without a pipeline, and a wrong one changes nothing', async () => {
    const refs = (await world.pipelines('team/p')).map(({ ref }) => ref)
    expect(refs).toEqual(['refs/heads/main'])
    const wrong = await repository.push('HEAD:other', '-o', 'ci.skipp')
    expect(wrong.code).toBe(1)
    expect(wrong.stderr).toContain("Push option 'ci.skipp': there is no such option")
  })

  test('a variable reaches its pipeline', async () => {
    await repository.pushAndLeave('HEAD:with-option', '-o', 'ci.variable=MODE=fast')
    const [made] = await world.pipelines('team/p')
    expect(made).toMatchObject({ ref: 'refs/heads/with-option' })
    const offers = await new FakeRunner(world).lease(64)
    expect(offers.find(({ pipeline }) => pipeline === made!.id)?.env).toMatchObject({ MODE: 'fast' })
  })
})

test('a push of very many refs is taken, and some start pipelines', async () => {
  for (let i = 0; i < 53; i++) await repository.git('tag', `many-${i}`)
  const said = await repository.pushAndLeave('refs/tags/many-*:refs/tags/many-*')
  expect(said).toContain('3 further refs start nothing: 50 at most do of one push')
})

describe('by hand', () => {
  const start = (who: string, body: object) => as<PipelineSummary>(who, 'POST', `${P}/pipelines`, body)

  test('a developer starts one on a branch, with variables', async () => {
    const { status, body } = await start('developer', { ref: 'topic', variables: { MODE: 'fast' } })
    expect(status).toBe(201)
    expect(body).toMatchObject({ ref: 'refs/heads/topic', by: 'developer', project: 'team/p' })
  })

  test.each([
    ['developer', {}, 403],
    ['developer', { ref: 'main' }, 403],
    ['developer', { ref: 'refs/heads/main' }, 403],
    ['maintainer', {}, 201],
    ['reader', { ref: 'topic' }, 403],
    ['stranger', { ref: 'topic' }, 404],
    ['developer', { ref: 'nowhere' }, 404],
    ['developer', { ref: 'topic~1' }, 404],
    ['developer', { ref: '--all' }, 404],
    ['developer', { ref: 'refs/ballast/keep/x' }, 404],
    ['developer', { ref: 'topic', variables: { PATH: '/tmp' } }, 400],
    ['developer', { ref: 'topic', variables: { A: 1 } }, 400],
    ['developer', { ref: 'topic', inputs: { a: { b: 1 } } }, 400],
  ])('%s with %j: %i', async (who, body, status) => {
    expect((await start(who, body)).status).toBe(status)
  })
})

describe('by a token for that alone', () => {
  const make = (who: string, body: object) =>
    as<{ secret: string }>(who, 'POST', '/api/v1/tokens', { name: 'upstream', scopes: ['trigger'], ...body })
  let mine: string
  let maintainers: string
  beforeAll(async () => {
    mine = (await make('developer', { project: 'team/p' })).body.secret
    maintainers = (await make('maintainer', { project: 'team/p' })).body.secret
  })

  test('it is bound to a project', async () => {
    expect((await make('developer', {})).status).toBe(400)
  })

  test.each([false, true])('a form starts one (multipart: %s)', async multipart => {
    const answer = await trigger({ token: mine, ref: 'topic', 'variables[MODE]': 'fast' }, multipart)
    expect(answer.status).toBe(201)
    expect(await answer.json()).toMatchObject({ ref: 'refs/heads/topic', by: 'developer' })
  })

  test('JSON does too', async () => {
    const body = { token: mine, ref: 'topic', variables: { MODE: 'x' }, inputs: { n: 1 } }
    expect((await world.call('POST', `${P}/trigger`, { body })).status).toBe(201)
  })

  test('on a protected branch it takes that of a maintainer', async () => {
    expect((await trigger({ token: mine, ref: 'main' })).status).toBe(403)
    expect((await trigger({ token: maintainers, ref: 'main' })).status).toBe(201)
  })

  test('it does nothing else, and nothing elsewhere', async () => {
    const reads = await world.call('GET', P, { token: mine })
    expect(reads.status).toBe(404)
    const starts = await world.call('POST', `${P}/pipelines`, { token: mine, body: { ref: 'topic' } })
    expect(starts.status).toBe(404)
    const body = { token: mine, ref: 'main' }
    expect((await world.call('POST', '/api/v1/projects/team%2Fother/trigger', { body })).status).toBe(404)
  })

  test.each([
    [{ ref: 'topic' }, 400],
    [{ token: 'blst_wrong', ref: 'topic' }, 401],
    [{ token: 'MINE', ref: 'topic', 'variables[PATH]': '/tmp' }, 400],
    [{ token: 'MINE', ref: 'topic', 'variables[__proto__]': 'x' }, 400],
    [{ token: 'MINE', ref: 'topic', 'variables[a][b]': 'x' }, 400],
    [{ token: 'MINE', ref: 'topic', variables: 'x' }, 400],
    [{ token: 'MINE', ref: 'nowhere' }, 404],
  ] as const)('%j: %i', async (fields, status) => {
    const given = 'token' in fields && fields.token === 'MINE' ? { ...fields, token: mine } : fields
    expect((await trigger(given)).status).toBe(status)
  })

  test('once its owner lost the role, or it was revoked, it starts nothing', async () => {
    await world.admin('PUT', '/projects/team%2Fp/members/developer', { role: 'reader' })
    expect((await trigger({ token: mine, ref: 'topic' })).status).toBe(404)
    await world.admin('PUT', '/projects/team%2Fp/members/developer', { role: 'developer' })
    expect((await trigger({ token: mine, ref: 'topic' })).status).toBe(201)
  })
})

describe('schedules', () => {
  const S = `${P}/schedules`
  const body = { description: 'Nightly', cron: '0 3 * * *', timeZone: 'Europe/Berlin', ref: 'topic' }

  test('are made, changed, run and removed by whoever owns them, or a maintainer', async () => {
    const made = await as<ScheduleView>('developer', 'POST', S, body)
    expect(made).toMatchObject({ status: 201, body: { owner: 'developer', ref: 'refs/heads/topic' } })
    expect(made.body.nextRunAt).toMatch(/T0[12]:00:00.000Z$/)
    const one = `${S}/${made.body.id}`
    expect((await as('reader', 'GET', S)).status).toBe(403)
    expect((await as('stranger', 'PUT', one, body)).status).toBe(404)
    const taken = await as<ScheduleView>('maintainer', 'PUT', one, { ...body, active: false })
    expect(taken).toMatchObject({ status: 200, body: { owner: 'maintainer', nextRunAt: null } })
    expect((await as('developer', 'PUT', one, body)).status).toBe(403)
    expect((await as('developer', 'DELETE', one)).status).toBe(403)
    const ran = await as<{ outcome: string }>('developer', 'POST', `${one}/run`, {})
    expect(ran.body.outcome).toMatch(/^pipeline #\d+$/)
    expect((await as('maintainer', 'DELETE', one)).status).toBe(204)
    expect((await as('maintainer', 'DELETE', one)).status).toBe(404)
  })

  test.each([
    ['developer', { ref: 'main' }, 403],
    ['developer', { cron: '* * * * *' }, 400],
    ['developer', { timeZone: 'Nowhere/X' }, 400],
    ['developer', { ref: 'nowhere' }, 404],
    ['developer', { variables: { LD_PRELOAD: 'x' } }, 400],
    ['developer', { description: '' }, 400],
  ])('%s with %j: %i', async (who, change, status) => {
    expect((await as(who, 'POST', S, { ...body, ...change })).status).toBe(status)
  })

  test('of one project are not found in another', async () => {
    const { id } = (await as<ScheduleView>('developer', 'POST', S, body)).body
    const elsewhere = await world.call('DELETE', `/api/v1/projects/team%2Fother/schedules/${id}`, {
      token: await world.secret(),
    })
    expect(elsewhere.status).toBe(404)
  })
})

describe('merge requests', () => {
  const M = `${P}/merge-requests`

  test('from a branch to the default branch, with a pipeline on each push', async () => {
    await repository.git('checkout', '-q', '-b', 'feature')
    const head = await repository.commit('A feature', { 'notes.txt': '1' })
    await repository.git('push', await repository.remote(token['developer']), 'HEAD:feature', '-o', 'ci.skip')
    const made = await as<MergeRequestView>('developer', 'POST', M, { title: 'A feature', source: 'feature' })
    expect(made).toMatchObject({
      status: 201,
      body: { number: 1, state: 'open', head, target: 'main', author: 'developer' },
    })
    const fetched = await repository.git('ls-remote', await repository.remote(), 'refs/merge-requests/1/head')
    expect(fetched.stdout).toContain(head)
    const more = await repository.commit('More', { 'notes.txt': '2' })
    await repository.pushAndLeave('HEAD:feature')
    expect((await as<MergeRequestView>('reader', 'GET', `${M}/1`)).body).toMatchObject({
      head: more,
      conflicts: [],
      pipeline: { commit: more, ref: 'refs/merge-requests/1/head', by: 'admin' },
    })
    const own = (await world.pipelines('team/p')).filter(({ ref }) => ref.startsWith('refs/merge-requests/'))
    expect(own.map(({ commit, by }) => [commit, by])).toEqual([
      [more, 'admin'],
      [head, 'developer'],
    ])
  })

  test('its own ref is nobody’s to push', async () => {
    const { stderr, code } = await repository.push('+HEAD~1:refs/merge-requests/1/head')
    expect(code).toBe(1)
    expect(stderr).toContain('only branches and tags are taken')
  })

  test('into a protected branch it takes a maintainer, and the head that was looked at', async () => {
    expect((await as('stranger', 'POST', `${M}/1/merge`, {})).status).toBe(404)
    expect((await as('reader', 'POST', `${M}/1/merge`, {})).status).toBe(403)
    expect((await as('developer', 'POST', `${M}/1/merge`, {})).status).toBe(403)
    const other = { head: '0'.repeat(40) }
    expect((await as('maintainer', 'POST', `${M}/1/merge`, other)).status).toBe(409)
    const merged = await as<MergeRequestView>('maintainer', 'POST', `${M}/1/merge`, { method: 'merge' })
    expect(merged).toMatchObject({ status: 200, body: { state: 'merged' } })
    const main = await repository.git('ls-remote', await repository.remote(), 'refs/heads/main')
    expect(main.stdout).toContain(merged.body.mergeCommit!)
    const [newest] = (await world.pipelines('team/p')).filter(({ ref }) => ref === 'refs/heads/main')
    expect(newest).toMatchObject({ commit: merged.body.mergeCommit, by: 'maintainer' })
    expect((await as('maintainer', 'POST', `${M}/1/merge`, {})).status).toBe(409)
  })

  test('is changed and closed by developers; what is not named stays', async () => {
    await repository.commit('Another', { 'notes.txt': '3' })
    await repository.git('push', await repository.remote(token['developer']), 'HEAD:second', '-o', 'ci.skip')
    const body = { title: 'Second', source: 'second', labels: ['a'], draft: true }
    const { number } = (await as<MergeRequestView>('developer', 'POST', M, body)).body
    expect((await as('reader', 'PUT', `${M}/${number}`, { title: 'x' })).status).toBe(403)
    const changed = await as<MergeRequestView>('developer', 'PUT', `${M}/${number}`, { title: 'Better' })
    expect(changed.body).toMatchObject({ title: 'Better', labels: ['a'], draft: true })
    expect((await as('maintainer', 'POST', `${M}/${number}/merge`, {})).status).toBe(409)
    expect((await as('developer', 'POST', `${M}/${number}/close`, {})).status).toBe(200)
    const open = await as<MergeRequestView[]>('reader', 'GET', `${M}?state=open`)
    expect(open.body).toEqual([])
  })
})

describe('protected refs beside the default branch', () => {
  test('are moved by maintainers alone, and shown to readers', async () => {
    const path = `${P}/protected-refs`
    expect((await as('maintainer', 'PUT', path, { branches: ['release/*'], tags: [] })).status).toBe(403)
    await world.admin('PUT', '/projects/team%2Fp/protected-refs', { branches: ['release/*'], tags: ['v*'] })
    expect((await as('reader', 'GET', path)).body).toEqual({ branches: ['release/*'], tags: ['v*'] })
    for (const ref of ['HEAD:release/1', 'HEAD:refs/tags/v1']) {
      const byDeveloper = await repository.git('push', await repository.remote(token['developer']), ref)
      expect(byDeveloper.stderr).toContain('is protected')
      const options = ['-o', 'ci.skip', await repository.remote(token['maintainer']), ref]
      expect(await repository.git('push', ...options)).toMatchObject({ code: 0 })
    }
    expect((await as('developer', 'POST', `${P}/pipelines`, { ref: 'v1' })).status).toBe(403)
  })
})

describe("a group's secrets", () => {
  test('are set by admins of the server, who are told whose they are; nobody slips into the group', async () => {
    const path = '/api/v1/groups/team/secrets/SHARED_KEY'
    const body = { value: 'a value of some length' }
    expect((await as('maintainer', 'PUT', path, body)).status).toBe(403)
    const set = await world.call<{ projects: string[] }>('PUT', path, { token: await world.secret(), body })
    expect(set.body.projects).toEqual(['team/other', 'team/p'])
    const made = await as<{ error: { code: string } }>('developer', 'POST', '/api/v1/projects', {
      name: 'team/mine',
    })
    expect(made).toMatchObject({ status: 403, body: { error: { code: 'FORBIDDEN' } } })
    const pushed = await repository.git(
      'push',
      (await repository.remote(token['developer'])).replace('team/p.git', 'team/mine.git'),
      'HEAD:main',
    )
    expect(pushed.code).not.toBe(0)
    expect((await as('developer', 'POST', '/api/v1/projects', { name: 'mine/own' })).status).toBe(201)
  })
})

describe('jobs of a protected branch', () => {
  test.each([
    ['developer', {}, 403],
    ['maintainer', { variables: { BASH_ENV: '$(env >&2)' } }, 400],
    ['maintainer', { variables: { MODE: 'fast' } }, 200],
  ] as const)('%s starts a manual one with %j: %i', async (who, body, status) => {
    const job = await aManualJob()
    expect((await as(who, 'POST', `/api/v1/jobs/${job}/play`, body)).status).toBe(status)
  })

  test.each([
    ['developer', 403],
    ['maintainer', 200],
  ] as const)('%s retries one: %i', async (who, status) => {
    const job = await aManualJob()
    await as('maintainer', 'POST', `/api/v1/jobs/${job}/cancel`)
    expect((await as(who, 'POST', `/api/v1/jobs/${job}/retry`)).status).toBe(status)
  })

  async function aManualJob(): Promise<string> {
    await repository.commit('by hand', { '.gitlab-ci.yml': 'hand: { script: ["true"], when: manual }\n' })
    await repository.pushAndLeave('+HEAD:main')
    const [made] = await world.pipelines('team/p')
    const { jobs } = await world.admin<PipelineView>('GET', `/pipelines/${made!.id}`)
    return jobs[0]!.id
  }
})

test('what is shown of a pipeline tells no secret', async () => {
  const value = 'correct-horse-battery'
  await world.admin('PUT', '/projects/team%2Fp/secrets/SHOWN_KEY', { value })
  const newest = async (yaml: string) => {
    await repository.commit('shown', { '.gitlab-ci.yml': yaml })
    const said = await repository.pushAndLeave('+HEAD:main')
    const [made] = await world.pipelines('team/p')
    const view = await world.admin<PipelineView>('GET', `/pipelines/${made!.id}`)
    expect(said + JSON.stringify(view)).not.toContain(value)
    return view
  }
  const named = await newest('workflow: { name: "of $SHOWN_KEY" }\nunit: { script: ["true"] }\n')
  expect(named.title).toBe('of [redacted]')
  const broken = await newest('include: "$SHOWN_KEY.yml"\n')
  expect(broken.problems.join()).toContain('[redacted].yml')
})
