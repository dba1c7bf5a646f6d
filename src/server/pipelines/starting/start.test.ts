import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aPlane, type TestPlane } from '../../../../test/server/plane.ts'
import { BareRepository } from '../../../../test/server/repository.ts'
import type { Project } from '../../../access/index.ts'
import { type CommitId, newId, type PrincipalId } from '../../../core/index.ts'
import type { Pipeline } from '../../../pipeline/index.ts'
import { type PipelineRequest, startPipeline } from './start.ts'

let world: TestPlane
let project: Project
let repository: BareRepository
let ada: PrincipalId

beforeEach(async () => {
  world = await aPlane()
  const { access } = world.plane.stores
  const createdAt = world.plane.clock.now()
  project = { id: newId('project'), name: 'team/code', defaultBranch: 'main', createdAt }
  await access.addProject(project)
  ada = (await access.principalByName('ada'))!.id
  repository = await BareRepository.make(world.plane, project)
})
afterEach(() => world.close())

function start(commit: CommitId, more: Partial<PipelineRequest> = {}) {
  const request = { project, ref: 'refs/heads/main', commit, event: 'push', principal: ada } as const
  return startPipeline(world.plane, { ...request, ...more })
}

async function started(...asked: Parameters<typeof start>): Promise<Pipeline> {
  const made = await start(...asked)
  if (made.kind === 'nothing') throw new Error(made.reason)
  return made.pipeline
}

const jobs = async ({ id }: Pipeline) => {
  const found = await world.plane.stores.pipelines.jobs(id)
  return found.map(({ plan }) => plan.name)
}

describe('which file says what runs', () => {
  const GITLAB = 'unit: { script: [make test] }\n'

  test('the one CI file', async () => {
    expect(await jobs(await started(repository.commit({ '.gitlab-ci.yml': GITLAB })))).toEqual(['unit'])
  })

  test('ballast.yaml before it, and with its jobs where it names it', async () => {
    const alone = { 'ballast.yaml': 'model: model.onnx\n', 'model.onnx': 'x', '.gitlab-ci.yml': GITLAB }
    expect(await jobs(await started(repository.commit(alone)))).not.toContain('unit')
    const both = { ...alone, 'ballast.yaml': 'model: model.onnx\nci: .gitlab-ci.yml\n' }
    const pipeline = await started(repository.commit(both))
    expect((await jobs(pipeline)).slice(0, 3)).toEqual(['unit', 'scan', 'inspect'])
    expect(pipeline.outline?.stages).toEqual(['test', 'model'])
  })

  test.each([
    [{ '.gitlab-ci.yml': GITLAB, '.travis.yml': 'language: node_js\n' }, /CI files of several systems/],
    [{ Jenkinsfile: 'pipeline {}' }, /Files of Jenkins can't be run by this release/],
    [
      { '.gitlab-ci.yml': 'unit: { scrpt: [x] }\n' },
      /^\.gitlab-ci\.yml:1:9: error: There is no key 'scrpt'.*did you mean 'script'/m,
    ],
    [
      { 'ballast.yaml': 'model: m.onnx\nci: .gitlab-ci.yml\n', '.gitlab-ci.yml': GITLAB },
      /no job of \.gitlab-ci\.yml that runs here keeps it \(commit it, or name it/,
    ],
  ])('%j is a failed pipeline that says so', async (files, problem) => {
    const pipeline = await started(repository.commit(files as Record<string, string>))
    expect(pipeline.state).toBe('failed')
    expect(pipeline.problems.join('\n')).toMatch(problem)
    expect(await jobs(pipeline)).toEqual([])
  })

  test('without any nothing runs', async () => {
    const made = await start(repository.commit({ 'README.md': 'x' }))
    expect(made).toEqual({ kind: 'nothing', reason: expect.stringContaining('no ballast.yaml') })
  })
})

describe('the occasion', () => {
  const FILE = {
    '.gitlab-ci.yml': `
tagged: { script: [x], rules: [{ if: '$CI_COMMIT_TAG_MESSAGE =~ /^Release/' }] }
fast: { script: [x], rules: [{ if: '$MODE == "fast"' }] }
always: { script: [x] }
`,
  }

  test('of an annotated tag has its message', async () => {
    const commit = repository.commit(FILE)
    const tag = `object ${commit}\ntype commit\ntag v1\ntagger Ada <a@x> 0 +0000\n\nRelease one\n`
    const ref = 'refs/tags/v1'
    repository.set(ref, repository.git(['hash-object', '-w', '-t', 'tag', '--stdin'], tag) as CommitId)
    const pipeline = await started(commit, { ref, event: 'tag' })
    expect(pipeline.trigger?.tagMessage).toBe('Release one')
    expect(await jobs(pipeline)).toEqual(['tagged', 'always'])
  })

  test('has the variables that somebody gave', async () => {
    const given = { event: 'manual', variables: { MODE: 'fast' } } as const
    expect(await jobs(await started(repository.commit(FILE), given))).toEqual(['fast', 'always'])
  })

  test.each([
    ['refs/heads/main', true],
    ['refs/heads/topic', false],
    ['refs/merge-requests/3/head', false],
  ])('%s is protected: %s', async (ref, protectedRef) => {
    expect((await started(repository.commit(FILE), { ref })).trigger?.protectedRef).toBe(protectedRef)
  })
})

test('for one push and ref there is one pipeline, however often it is asked', async () => {
  const commit = repository.commit({ '.gitlab-ci.yml': 'unit: { script: [x] }\n' })
  const push = newId('push')
  const createdAt = world.plane.clock.now()
  const journalled = { id: push, project: project.id, principal: ada, changes: [], createdAt }
  await world.plane.stores.pipelines.addPush({ ...journalled, state: 'received' })
  const first = await started(commit, { push })
  const second = await started(commit, { push })
  expect(second.id).toBe(first.id)
})

test('a configuration that Git LFS keeps is refused in words', async () => {
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12\n`
  const { state, problems } = await started(await repository.commit({ 'ballast.yaml': pointer }))
  expect(state).toBe('failed')
  expect(problems.join('\n')).toContain('ballast.yaml')
  expect(problems.join('\n')).toContain('is a Git LFS pointer, and pipelines are read out of Git itself')
})
