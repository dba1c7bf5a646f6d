import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createLocalJWKSet, type JWTPayload, jwtVerify } from 'jose'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aTrigger } from '../../../../test/contracts/stores/world.ts'
import { EngineWorld } from '../../../../test/server/engine.ts'
import type { Offer } from '../../../api/index.ts'
import type { Pipeline, PlannedJob } from '../../../pipeline/index.ts'
import { keyInfos } from '../../signing/keys.ts'
import { MAX_TOKEN_MS, publishedKeys, rotateKeys } from './keys.ts'

const AUDIENCE = 'https://vault.example.org'
const HOUR = 3_600_000

let world: EngineWorld
beforeEach(async () => {
  world = await EngineWorld.open()
})
afterEach(() => world.plane.close())

async function anOffer(plan: Partial<PlannedJob> = {}, pipeline: Partial<Pipeline> = {}): Promise<Offer> {
  const asks = { idTokens: [{ variable: 'ID_TOKEN', audience: [AUDIENCE] }], dialect: 'gitlab' as const }
  const ref = pipeline.ref ?? 'refs/heads/main'
  const facts = { trigger: aTrigger({ ref, protectedRef: ref === 'refs/heads/main' }), ...pipeline }
  await world.begin(facts, { name: 'sign-in', timeout: HOUR, ...asks, ...plan })
  const [offer] = await world.lease()
  return offer!
}

async function verified(token: string, audience = AUDIENCE): Promise<JWTPayload> {
  const keys = createLocalJWKSet({ keys: [...(await publishedKeys(world.plane.plane))] })
  const { clock, settings } = world.plane.plane
  const options = { issuer: settings.publicUrl, audience, currentDate: new Date(clock.now()) }
  return (await jwtVerify(token, keys, options)).payload
}

const tokenOf = (offer: Offer, name = 'ID_TOKEN') => offer.env[name]!

test('a job gets a signed token that says who it is, and that logs do not show', async () => {
  const offer = await anOffer()
  const payload = await verified(tokenOf(offer))
  expect(offer.secrets).toContain(tokenOf(offer))
  expect(payload).toEqual({
    iss: 'http://ballast',
    aud: AUDIENCE,
    sub: 'project_path:digits:ref_type:branch:ref:main',
    jti: expect.stringMatching(/^[0-9a-z]{32}$/),
    iat: 1000,
    nbf: 995,
    exp: 1000 + 3600 + 300,
    namespace_id: 'digits',
    namespace_path: 'digits',
    project_id: expect.stringMatching(/^prj_/),
    project_path: 'digits',
    user_id: expect.stringMatching(/^pri_/),
    user_login: 'ada',
    pipeline_id: offer.pipeline,
    pipeline_source: 'push',
    job_id: offer.job,
    ref: 'main',
    ref_type: 'branch',
    ref_path: 'refs/heads/main',
    ref_protected: 'true',
    runner_id: 'r1',
    runner_environment: 'self-hosted',
    sha: 'c'.repeat(40),
  })
})

test('it is for its audience alone, and for its time', async () => {
  const token = tokenOf(await anOffer())
  await expect(verified(token, 'https://other.example.org')).rejects.toMatchObject({
    code: 'ERR_JWT_CLAIM_VALIDATION_FAILED',
    claim: 'aud',
  })
  world.plane.pass(HOUR + 6 * 60_000)
  await expect(verified(token)).rejects.toMatchObject({ code: 'ERR_JWT_EXPIRED' })
})

test('several audiences, several tokens, and variables in them', async () => {
  const idTokens = [
    { variable: 'BOTH', audience: ['a', '$HOST'] },
    { variable: 'ONE', audience: ['$HOST/x'] },
  ]
  const offer = await anOffer({ idTokens, expand: true, env: { HOST: 'https://b.example.org' } })
  expect((await verified(tokenOf(offer, 'BOTH'), 'a')).aud).toEqual(['a', 'https://b.example.org'])
  expect((await verified(tokenOf(offer, 'ONE'), 'https://b.example.org/x')).aud).toBe(
    'https://b.example.org/x',
  )
})

test.each([
  ['refs/tags/v1', { ref: 'v1', ref_type: 'tag', ref_path: 'refs/tags/v1', ref_protected: 'false' }],
  [
    'refs/merge-requests/3/head',
    {
      sub: 'project_path:digits:ref_type:merge_request:ref:refs/merge-requests/3/head',
      ref_type: 'merge_request',
      ref_protected: 'false',
    },
  ],
])('a ref is told for what it is: %s', async (ref, claims) => {
  expect(await verified(tokenOf(await anOffer({}, { ref })))).toMatchObject(claims)
})

test('no variable that somebody gives changes what a token says', async () => {
  const forged = { CI_PIPELINE_SOURCE: 'push', CI_COMMIT_REF_NAME: 'main', CI_ENVIRONMENT_TIER: 'production' }
  const trigger = aTrigger({ event: 'api', ref: 'refs/heads/topic', protectedRef: false, variables: forged })
  const environment = { name: 'review/x', action: 'start' } as const
  const offer = await anOffer({ env: forged, environment }, { ref: 'refs/heads/topic', trigger })
  expect(await verified(tokenOf(offer))).toMatchObject({
    pipeline_source: 'api',
    ref: 'topic',
    ref_protected: 'false',
    environment: 'review/x',
    environment_protected: 'false',
    environment_action: 'start',
    deployment_tier: 'development',
  })
})

test('an environment that somebody guards, and the file that says what runs', async () => {
  const environment = { name: 'production', action: 'start' } as const
  const offer = await anOffer({ environment }, { outline: { file: '.gitlab-ci.yml' } })
  expect(await verified(tokenOf(offer))).toMatchObject({
    environment_protected: 'true',
    deployment_tier: 'production',
    ci_config_ref_uri: 'ballast/digits//.gitlab-ci.yml@refs/heads/main',
    ci_config_sha: 'c'.repeat(40),
  })
})

describe('signing keys', () => {
  const ids = async () => (await publishedKeys(world.plane.plane)).map(({ kid }) => kid)

  test('one is made at first, by however many ask', async () => {
    const asked = await Promise.all([ids(), ids(), ids()])
    expect(new Set(asked.flat()).size).toBe(1)
    expect(await keyInfos(world.plane.plane, 'identity')).toHaveLength(1)
  })

  test('only the public half is published, and the private one is kept sealed', async () => {
    const [key] = await publishedKeys(world.plane.plane)
    expect(Object.keys(key!).toSorted()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use'])
    const [stored] = await world.plane.plane.stores.delivery.signingKeys('identity')
    expect(stored?.sealed).toMatch(/^v1\./)
    expect(Object.keys(stored!.publicKey).toSorted()).toEqual(['e', 'kty', 'n'])
  })

  test('after a rotation tokens of both are valid, until those of the old one have expired', async () => {
    const old = tokenOf(await anOffer())
    const { id } = await rotateKeys(world.plane.plane)
    const fresh = tokenOf(await anOffer())
    expect(JSON.parse(Buffer.from(fresh.split('.')[0]!, 'base64url').toString())).toMatchObject({ kid: id })
    await verified(old)
    await verified(fresh)
    world.plane.pass(MAX_TOKEN_MS + 2 * HOUR)
    expect(await ids()).toEqual([id])
    await rotateKeys(world.plane.plane)
    expect((await keyInfos(world.plane.plane, 'identity')).map(key => key.id)).toEqual([
      id,
      expect.any(String),
    ])
  })

  test('one that the vault can not open says how to go on, and a rotation does', async () => {
    await anOffer()
    await rm(join(world.plane.plane.settings.dataDir, 'secrets'), { recursive: true })
    await mkdir(join(world.plane.plane.settings.dataDir, 'secrets'))
    expect(await anOffer()).toBeUndefined()
    const [job] = await world.store.jobsIn('errored')
    expect(job?.reason).toContain("The key of identity tokens can't be opened")
    await rotateKeys(world.plane.plane)
    await verified(tokenOf(await anOffer()))
  })

  test('a token is valid for a day at most', async () => {
    const { iat, exp } = await verified(tokenOf(await anOffer({ timeout: 30 * 24 * HOUR })))
    expect(exp! - iat!).toBe(MAX_TOKEN_MS / 1000)
  })
})
