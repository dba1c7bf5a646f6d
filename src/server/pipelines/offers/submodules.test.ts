import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DeliveryWorld } from '../../../../test/server/delivery.ts'
import { BareRepository } from '../../../../test/server/repository.ts'
import { type CommitId, newId, type PrincipalId } from '../../../core/index.ts'
import { submodulesIn } from '../../../git/index.ts'
import type { Pipeline } from '../../../pipeline/index.ts'
import { projectAt, submodulesOf } from './submodules.ts'

test.each([
  ['../lib.git', 'team/lib'],
  ['../lib', 'team/lib'],
  ['../lib/', 'team/lib'],
  ['./below.git', 'team/digits.git/below'],
  ['../../other/lib.git', 'other/lib'],
  ['../../../../other/lib.git', undefined],
  ['https://ballast.example/git/team/lib.git', 'team/lib'],
  ['https://ballast.example/team/lib.git', undefined],
  ['https://user:secret@ballast.example/git/team/lib.git', 'team/lib'],
  ['https://github.com/team/lib.git', undefined],
  ['git@github.com:team/lib.git', undefined],
  ['/team/lib.git', undefined],
  ['file:///etc/passwd', undefined],
  ['', undefined],
])('%s is %s', (url, name) => {
  expect(projectAt(url, { name: 'team/digits' }, { publicUrl: 'https://ballast.example/git' })).toBe(name)
})

describe('submodules of a commit', () => {
  let world: DeliveryWorld
  let reader: PrincipalId
  let lib: BareRepository
  let libCommit: CommitId
  beforeEach(async () => {
    world = await DeliveryWorld.open()
    const { plane } = world.engine.plane
    const createdAt = plane.clock.now()
    const [project, stranger] = [newId('project'), newId('project')]
    reader = newId('principal')
    const { access } = plane.stores
    await access.addPrincipal({ id: reader, name: 'bob', kind: 'person', admin: false, createdAt })
    for (const [id, name] of [
      [project, 'lib'],
      [stranger, 'strange'],
    ] as const)
      await access.addProject({ id, name, defaultBranch: 'main', createdAt })
    await access.setRole(reader, project, 'reader')
    lib = await BareRepository.make(plane, (await access.project(project))!)
    await BareRepository.make(plane, (await access.project(stranger))!)
    libCommit = lib.commit({ 'lib.txt': 'of the lib' })
    lib.set('refs/heads/main', libCommit)
  })
  afterEach(() => world.engine.plane.close())

  /** A commit of `repository` with these commits of others in it. */
  function superCommit(
    repository: BareRepository,
    links: Readonly<Record<string, CommitId>>,
    modules?: string,
  ): CommitId {
    const lines = Object.entries(links).map(([path, commit]) => `160000 commit ${commit}\t${path}\n`)
    if (modules !== undefined)
      lines.push(`100644 blob ${repository.git(['hash-object', '-w', '--stdin'], modules)}\t.gitmodules\n`)
    const tree = repository.git(['mktree', '--missing'], lines.join(''))
    return repository.git(['commit-tree', tree], 'With submodules') as CommitId
  }
  const module = (path: string, url: string) => `[submodule "${path}"]\n\tpath = ${path}\n\turl = ${url}\n`

  async function of(commit: CommitId, strategy: 'normal' | 'recursive' = 'normal') {
    const { plane } = world.engine.plane
    const project = (await plane.stores.access.projectByName('digits'))!
    const pipeline = { project: project.id, principal: reader, commit } as Pipeline
    const { given, elsewhere } = await submodulesOf(plane, pipeline, project, strategy)
    return { given: given.map(({ path, project: { name } }) => `${path}: ${name}`), elsewhere }
  }

  test('are those of this server; the others are told', async () => {
    const modules = module('a', '../lib.git') + module('b', 'https://github.com/x/y.git')
    const commit = superCommit(world.repository, { a: libCommit, b: libCommit, c: libCommit }, modules)
    expect(await of(commit)).toEqual({ given: ['a: lib'], elsewhere: ['b', 'c'] })
    expect(await of(superCommit(world.repository, { a: libCommit }))).toEqual({ given: [], elsewhere: ['a'] })
    expect(await of(world.commit)).toEqual({ given: [], elsewhere: [] })
  })

  test('and theirs where they are asked for', async () => {
    const inner = superCommit(lib, { deep: libCommit }, module('deep', '../lib'))
    const commit = superCommit(world.repository, { a: inner }, module('a', '../lib'))
    expect((await of(commit)).given).toEqual(['a: lib'])
    expect((await of(commit, 'recursive')).given).toEqual(['a: lib', 'a/deep: lib'])
  })

  test('that who started the pipeline may not read, or that are not there, are missing', async () => {
    const refused = async (commit: CommitId, message: RegExp) =>
      expect(of(commit)).rejects.toMatchObject({
        code: 'INPUT_MISSING',
        message: expect.stringMatching(message),
      })
    await refused(superCommit(world.repository, { a: libCommit }, module('a', '../strange')), /'strange'/)
    await refused(superCommit(world.repository, { a: libCommit }, module('a', '../none')), /'none'/)
    const nowhere = 'd'.repeat(40) as CommitId
    await refused(
      superCommit(world.repository, { a: nowhere }, module('a', '../lib')),
      /has no commit dddddddddddd/,
    )
  })

  test('whose .gitmodules is crafted have no address', async () => {
    for (const text of [
      '[submodule',
      '\0',
      '[include]\n\tpath = /etc/passwd\n',
      module('a', '../lib').replace('path', 'way'),
    ]) {
      const commit = superCommit(world.repository, { a: libCommit }, text)
      const found = await submodulesIn(world.repository.directory, commit)
      expect(found).toEqual([{ path: 'a', commit: libCommit }])
    }
  })
})
