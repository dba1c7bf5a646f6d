import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Repository, startWorld, type World } from '../server/world.ts'

let world: World
let repository: Repository

beforeAll(async () => {
  world = await startWorld()
  // No model in it, so nothing runs and no push waits.
  repository = await world.repository('guarded', { README: 'first' })
  expect((await repository.push()).code).toBe(0)
})
afterAll(() => world.stop())

const pushAs = async (token: string, refspec: string, ...options: readonly string[]) =>
  repository.git('push', ...options, await repository.remote(token), refspec)

test('the default branch is protected: a developer pushes branches, a maintainer takes them over', async () => {
  const developer = await world.person('dev', 'developer', 'guarded', ['read', 'push'])
  const maintainer = await world.person('main-tainer', 'maintainer', 'guarded', ['read', 'push'])
  await repository.commit('second', { README: 'second' })

  const refused = await pushAs(developer, 'HEAD:main')
  expect(refused.code).not.toBe(0)
  expect(refused.stderr).toContain('main is protected: only a maintainer pushes to it')
  expect((await pushAs(developer, 'HEAD:work')).code).toBe(0)
  expect((await pushAs(maintainer, 'HEAD:main')).code).toBe(0)

  await repository.git('commit', '--quiet', '--amend', '-m', 'rewritten')
  expect((await pushAs(developer, 'HEAD:main', '--force')).code).not.toBe(0)
  expect((await pushAs(developer, 'HEAD:work', '--force')).code).toBe(0)
  expect((await pushAs(maintainer, 'HEAD:main', '--force')).code).toBe(0)
  const deleted = await pushAs(maintainer, ':main')
  expect(deleted.stderr).toContain('main is the default branch and is not deleted')
})
