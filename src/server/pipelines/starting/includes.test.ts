import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aPlane, type TestPlane } from '../../../../test/server/plane.ts'
import { BareRepository } from '../../../../test/server/repository.ts'
import { newId, type PrincipalId } from '../../../core/index.ts'
import { includesFor } from './includes.ts'

let world: TestPlane
let shared: BareRepository
let ada: PrincipalId

beforeEach(async () => {
  world = await aPlane()
  const { access } = world.plane.stores
  const now = world.plane.clock.now()
  const project = { id: newId('project'), name: 'team/shared', defaultBranch: 'main', createdAt: now }
  await access.addProject(project)
  ada = (await access.principalByName('ada'))!.id
  shared = await BareRepository.make(world.plane, (await access.projectByName('team/shared'))!)
  const first = shared.commit({ 'a.yml': 'a', 'b.yml': 'b' })
  shared.set('refs/heads/main', shared.commit({ 'a.yml': 'new' }, first))
  shared.set('refs/heads/old', first)
})
afterEach(() => world.close())

const includes = () => includesFor(world.plane, ada)

describe('paths of another project', () => {
  test.each([
    [undefined, ['a.yml']],
    ['old', ['a.yml', 'b.yml']],
    ['nothing', undefined],
    ['bad..ref', undefined],
  ])('at %s', async (ref, paths) => {
    expect(await includes().list?.('team/shared', ref)).toEqual(paths)
  })

  test('are for those who may read it', async () => {
    const bob = newId('principal')
    const { access } = world.plane.stores
    await access.addPrincipal({
      id: bob,
      name: 'bob',
      kind: 'person',
      admin: false,
      createdAt: world.plane.clock.now(),
    })
    expect(await includesFor(world.plane, bob).list?.('team/shared', undefined)).toBeUndefined()
    expect(await includes().list?.('team/none', undefined)).toBeUndefined()
  })
})

describe('a component tells the release that its version chose', () => {
  test.each([
    ['1', '1.10.0'],
    ['1.2', '1.2.4'],
    ['~latest', 'v2.0.0'],
    ['1.2.3', undefined],
    ['main', undefined],
  ])('%s', async (version, release) => {
    const made = shared.commit({ 'template.yml': 'x' })
    for (const tag of ['1.2.3', '1.2.4', '1.10.0', 'v2.0.0', '3.0.0-rc1']) {
      const folder = shared.git(
        ['mktree'],
        `040000 tree ${shared.git(['rev-parse', `${made}^{tree}`])}\tlint\n`,
      )
      const root = shared.git(['mktree'], `040000 tree ${folder}\ttemplates\n`)
      const commit = shared.git(['commit-tree', root], 'A release')
      shared.git(['update-ref', `refs/tags/${tag}`, commit])
      if (tag === '1.2.3') shared.git(['update-ref', 'refs/heads/main', commit])
    }
    const fetched = await includes().component('team/shared', 'lint', version)
    expect(fetched).toMatchObject({ kind: 'file', text: 'x' })
    expect(fetched.kind === 'file' ? fetched.version : 'missing').toBe(release)
  })
})
