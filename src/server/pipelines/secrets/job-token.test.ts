import { afterEach, beforeEach, expect, test } from 'vitest'
import { aTrigger } from '../../../../test/contracts/stores/world.ts'
import { EngineWorld } from '../../../../test/server/engine.ts'
import type { Offer } from '../../../api/index.ts'
import { ControlPlaneGitHost, type GitHostParts } from '../../pushes/git-host.ts'
import { hashAttemptToken } from '../dispatch.ts'

let world: EngineWorld
let offer: Offer
let token: string

beforeEach(async () => {
  world = await EngineWorld.open()
  await world.begin({ trigger: aTrigger() }, { name: 'build', dialect: 'gitlab' })
  offer = (await world.lease())[0]!
  token = offer.env['CI_JOB_TOKEN']!
})
afterEach(() => world.plane.close())

const authorize = (repository: string, access: 'read' | 'write', secret = token) => {
  const { plane } = world.plane
  const authenticator = { caller: async () => undefined }
  return new ControlPlaneGitHost({ plane, authenticator } as unknown as GitHostParts).authorize({
    repository,
    token: secret,
    access,
  })
}

test("a job is never told its attempt's own token, and its log hides the one that it gets", async () => {
  expect(token).toMatch(/^blstj_/)
  expect(Object.values(offer.env).join()).not.toContain(offer.token)
  expect(await world.desk.byToken(hashAttemptToken(token))).toBeUndefined()
  expect(offer.secrets).toContain(token)
})

test('it reads the repository of its project while its attempt lives, and nothing else', async () => {
  expect(await authorize('digits', 'read')).toMatchObject({ kind: 'granted' })
  expect(await authorize('digits', 'write')).toMatchObject({ kind: 'refused' })
  expect(await authorize('another', 'read')).toMatchObject({ kind: 'refused' })
  await world.finish(offer)
  expect(await authorize('digits', 'read')).toEqual({ kind: 'unauthenticated' })
})

test.each([
  ['one that is cut', (own: string) => own.slice(0, -1)],
  ['of another attempt', (own: string) => own.replace(/.(?=_[0-9a-f]{64}$)/, '~')],
  ['with another proof', (own: string) => own.replace(/.$/, last => (last === '0' ? '1' : '0'))],
  ['with no proof', (own: string) => own.replace(/_[0-9a-f]+$/, '')],
])('%s reads nothing', async (_what, change) => {
  expect(await authorize('digits', 'read', change(token))).toEqual({ kind: 'unauthenticated' })
})
