import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aPlane, type TestPlane } from '../../../test/server/plane.ts'
import { BareRepository } from '../../../test/server/repository.ts'
import type { Principal, Project } from '../../access/index.ts'
import { type CommitId, newId } from '../../core/index.ts'
import type { MergeRequest, Pipeline, PipelineState } from '../../pipeline/index.ts'
import { PipelineReconciler } from '../pipelines/reconcile.ts'
import type { PipelineRequest, Started } from '../pipelines/starting/start.ts'
import { PushAcceptance } from '../pushes/acceptance.ts'
import { MergeRequestActions, type NewMergeRequest } from './actions.ts'
import { MergeRequestFollower } from './follow.ts'

let world: TestPlane
let project: Project
let ada: Principal
let repository: BareRepository
let base: CommitId
let topic: CommitId
let asked: PipelineRequest[]
let pushes: PushAcceptance
let follower: MergeRequestFollower
let actions: MergeRequestActions

beforeEach(async () => {
  world = await aPlane()
  const { access } = world.plane.stores
  project = (await access.projectByName('digits'))!
  ada = (await access.principalByName('ada'))!
  repository = await BareRepository.make(world.plane, project)
  base = repository.commit({ a: '1', b: '1' })
  topic = repository.commit({ a: '2', b: '1' }, base)
  repository.set('refs/heads/main', base)
  repository.set('refs/heads/topic', topic)
  asked = []
  begin()
})
afterEach(() => world.close())

/** As a start of the server does. */
function begin(): void {
  const reconciler = new PipelineReconciler(world.plane)
  pushes = new PushAcceptance(world.plane, reconciler)
  follower = new MergeRequestFollower(world.plane, pushes, (_plane, request) => start(request))
  actions = new MergeRequestActions(world.plane, pushes, follower)
}

/** A pipeline in the journal, once for each push and ref. */
async function start(request: PipelineRequest): Promise<Started> {
  asked.push(request)
  return { kind: 'pipeline', pipeline: await aPipeline(request, 'failed') }
}

function aPipeline(
  { ref, commit, push }: Pick<PipelineRequest, 'ref' | 'commit' | 'push'>,
  state: PipelineState,
): Promise<Pipeline> {
  const now = world.plane.clock.now()
  return world.plane.stores.pipelines.addPipeline(
    {
      id: newId('pipeline'),
      project: project.id,
      principal: ada.id,
      commit,
      ref,
      title: '',
      ...(push && { push }),
      state,
      config: null,
      problems: [],
      createdAt: now,
    },
    [],
  )
}

function create(change: Partial<NewMergeRequest> = {}): Promise<MergeRequest> {
  return actions.create(project, ada, {
    title: 'Better digits',
    description: 'They are better.',
    source: 'topic',
    target: 'main',
    needsSuccess: false,
    draft: false,
    labels: ['model'],
    ...change,
  })
}
const now = async ({ number }: MergeRequest) =>
  (await world.plane.stores.triggers.mergeRequest(project.id, number))!
const merge = async (request: MergeRequest, method?: 'fast-forward' | 'merge', head?: CommitId) =>
  actions.merge(project, await now(request), ada, { method, head })

/** Somebody pushes. */
async function push(branch: string, after: CommitId): Promise<void> {
  const ref = `refs/heads/${branch}`
  await pushes.move({
    project,
    principal: ada.id,
    changes: [{ ref, before: repository.ref(ref) as CommitId, after }],
  })
}

test('making one keeps its head, and starts a pipeline that knows it', async () => {
  const request = await create()
  expect(request).toMatchObject({ number: 1, state: 'open', head: topic })
  expect(repository.ref('refs/merge-requests/1/head')).toBe(topic)
  expect(asked).toEqual([
    {
      project,
      ref: 'refs/merge-requests/1/head',
      commit: topic,
      event: 'merge_request',
      principal: ada.id,
      push: expect.stringMatching(/^psh_/),
      before: base,
      mergeRequest: {
        number: 1,
        title: 'Better digits',
        description: 'They are better.',
        sourceBranch: 'topic',
        targetBranch: 'main',
        sourceSha: topic,
        targetSha: base,
        sourceProject: 'digits',
        labels: ['model'],
        draft: false,
      },
    },
  ])
})

test('a push to its source moves it on, a push to another branch does not', async () => {
  const request = await create()
  const more = repository.commit({ a: '3', b: '1' }, topic)
  await push('topic', more)
  expect(await now(request)).toMatchObject({ head: more })
  expect(asked.map(({ commit, event }) => [event, commit])).toEqual([
    ['merge_request', topic],
    ['merge_request', more],
  ])
  repository.set('refs/heads/other', base)
  await push('other', more)
  expect(asked).toHaveLength(2)
})

describe('a start of the server', () => {
  test('goes on with one that was made just before a crash', async () => {
    const request = await world.plane.stores.triggers.addMergeRequest({
      ...(await create()),
      id: newId('mergeRequest'),
    })
    asked = []
    begin()
    await follower.resume()
    await follower.resume()
    expect(repository.ref(`refs/merge-requests/${request.number}/head`)).toBe(topic)
    expect(asked.map(({ ref }) => ref)).toEqual(['refs/merge-requests/2/head'])
  })

  test('starts the pipeline of a head that moved just before', async () => {
    const request = await create()
    const after = repository.commit({ a: '3', b: '1' }, topic)
    const change = { ref: 'refs/merge-requests/1/head', before: topic, after }
    await world.plane.stores.pipelines.addPush({
      id: newId('push'),
      project: project.id,
      principal: ada.id,
      state: 'received',
      changes: [change],
      createdAt: world.plane.clock.now(),
    })
    repository.set(change.ref, after)
    asked = []
    begin()
    await pushes.settleAll()
    await pushes.settleAll()
    expect(asked.map(({ commit }) => commit)).toEqual([after])
    expect(await now(request)).toMatchObject({ head: after })
  })

  test('sees what was merged', async () => {
    const request = await create()
    repository.set('refs/heads/main', topic)
    begin()
    await follower.resume()
    expect(await now(request)).toMatchObject({ state: 'merged', mergeCommit: topic })
  })
})

describe('merging', () => {
  test('takes the target forward where it has not moved', async () => {
    const request = await create()
    await merge(request)
    expect(repository.ref('refs/heads/main')).toBe(topic)
    expect(await now(request)).toMatchObject({ state: 'merged', mergeCommit: topic })
    await expect(merge(request)).rejects.toThrow('!1 is merged')
  })

  test('makes a commit of both where it has, or on request', async () => {
    const request = await create()
    const other = repository.commit({ a: '1', b: '2' }, base)
    await push('main', other)
    await expect(merge(request, 'fast-forward')).rejects.toThrow('main has moved on')
    await merge(request)
    const merged = repository.ref('refs/heads/main')
    expect(repository.git(['rev-parse', `${merged}^1`, `${merged}^2`]).split('\n')).toEqual([other, topic])
    expect(repository.git(['show', `${merged}:a`]) + repository.git(['show', `${merged}:b`])).toBe('22')
    expect(repository.git(['log', '-1', '--format=%an|%s|%b', merged])).toMatch(
      /^ada\|Merge branch 'topic' into 'main'\|Better digits\s+See merge request digits!1$/,
    )
    expect(await now(request)).toMatchObject({ state: 'merged', mergeCommit: merged })
  })

  test('tells conflicts, and changes nothing', async () => {
    const request = await create()
    const other = repository.commit({ a: '9', b: '1' }, base)
    await push('main', other)
    await expect(merge(request)).rejects.toMatchObject({
      code: 'STATE_CONFLICT',
      message: 'topic and main both changed a',
    })
    expect(await actions.conflicts(project, request)).toEqual(['a'])
    expect(repository.ref('refs/heads/main')).toBe(other)
    expect(await now(request)).toMatchObject({ state: 'open' })
  })

  test('of two at once each is in the target afterwards', async () => {
    const second = repository.commit({ a: '1', b: '1', c: '1' }, base)
    repository.set('refs/heads/second', second)
    const requests = [await create(), await create({ source: 'second' })]
    await Promise.all(requests.map(request => merge(request, 'merge')))
    const main = repository.ref('refs/heads/main')
    for (const head of [topic, second]) repository.git(['merge-base', '--is-ancestor', head, main])
    for (const request of requests) expect(await now(request)).toMatchObject({ state: 'merged' })
  })

  test('waits for a pipeline that succeeded, where that is asked', async () => {
    const request = await create({ needsSuccess: true })
    const { pipelines } = world.plane.stores
    const [own] = await pipelines.pipelines(project.id, { limit: 1 })
    await aPipeline({ ref: 'refs/heads/topic', commit: topic }, 'succeeded')
    await expect(merge(request)).rejects.toThrow('#1 is failed')
    await pipelines.movePipeline(own!.id, 'failed', 'running', world.plane.clock.now())
    await expect(merge(request)).rejects.toThrow('#1 is running')
    await pipelines.movePipeline(own!.id, 'running', 'succeeded', world.plane.clock.now())
    await merge(request)
    expect(await now(request)).toMatchObject({ state: 'merged' })
  })

  test('refuses a draft, another head than was looked at, and a closed one', async () => {
    await expect(merge(await create({ draft: true }))).rejects.toThrow('is a draft')
    repository.set('refs/heads/b2', topic)
    const request = await create({ source: 'b2' })
    await expect(merge(request, undefined, base)).rejects.toThrow(`The head of !2 is ${topic}`)
    await actions.close(request)
    await expect(merge(request)).rejects.toThrow('!2 is closed')
    await expect(actions.close(request)).rejects.toMatchObject({ code: 'STATE_CONFLICT' })
  })
})

test.each([
  ['the same branch', { source: 'main' }, 'main has all that is on main'],
  ['no such source', { source: 'nowhere' }, "no branch 'nowhere'"],
  ['no such target', { target: 'nowhere' }, "no branch 'nowhere'"],
  ['an expression', { source: 'topic~1' }, "no branch 'topic~1'"],
])('%s is refused', async (_what, change, message) => {
  await expect(create(change)).rejects.toThrow(message)
})

test('there is one open request for two branches', async () => {
  const first = await create()
  await expect(create()).rejects.toThrow('!1 is open for topic into main')
  await actions.close(first)
  expect(await create()).toMatchObject({ number: 2 })
})
