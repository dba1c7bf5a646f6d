import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aRollout, aVersion, settle } from '../../../../test/contracts/stores/world.ts'
import { aPlane, type TestPlane } from '../../../../test/server/plane.ts'
import { envelopeOf, newId, publicKeyOf } from '../../../core/index.ts'
import {
  advance,
  RECORD_TYPE,
  type RolloutEvent,
  readRecord,
  type StoredRollout,
  type Verification,
  verifyRecords,
} from '../../../rollout/index.ts'
import { replaceKey } from '../../signing/keys.ts'
import { recordKeys } from '../../signing/records.ts'
import { LateSigner } from './late-signer.ts'
import { recordOf } from './records.ts'

let world: TestPlane
beforeEach(async () => {
  world = await aPlane()
})
afterEach(() => world.close())

/** A rollout in its queue, over a version that serves. */
async function aQueued(change: Partial<StoredRollout> = {}): Promise<StoredRollout> {
  const { stores } = world.plane
  const { project } = await settle(stores)
  const candidate = await stores.versions.register(aVersion(project))
  const rollout = aRollout(candidate, change)
  await stores.rollouts.add(rollout)
  return rollout
}

/** As the reconciler does: the next state is stored with the record of what led there. */
async function happens(id: StoredRollout['id'], event: RolloutEvent): Promise<void> {
  const { stores, clock } = world.plane
  const from = (await stores.rollouts.byId(id))!
  const at = clock.now()
  const to = advance(from, event, at)
  const decision = { kind: 'checks' } as const
  const record = await recordOf(world.plane, { from, event, to, at, decision, known: undefined })
  const { phase, step, weight, reason = '' } = to
  await stores.rollouts.update(to, from.revision, { at, phase, step, weight, reason }, undefined, record)
  world.pass(1000)
}

async function verified(id: StoredRollout['id']): Promise<Verification> {
  const stored = await world.plane.stores.rollouts.records(id)
  const envelopes = stored.map(({ payload, signature, unsigned }) => ({
    ...envelopeOf(RECORD_TYPE, payload, signature ? [signature] : []),
    unsigned,
  }))
  return verifyRecords(id, envelopes, (await recordKeys(world.plane)).map(publicKeyOf))
}

const abort: RolloutEvent = { kind: 'abort', by: 'ada' }

test('what is decided is chained, and signed by the key of its time', async () => {
  const { id } = await aQueued()
  await happens(id, { kind: 'dequeued' })
  const { id: newer } = await replaceKey(world.plane, 'records')
  await happens(id, abort)
  const { verdict, records } = await verified(id)
  expect(verdict).toBe('passed')
  expect(records.map(({ signedBy }) => signedBy === newer)).toEqual([false, true])
  expect(await world.plane.stores.delivery.signingKeys('identity')).toEqual([])
})

test('it says what was decided about, and by which Ballast', async () => {
  const { id, candidate, project } = await aQueued({ job: newId('job') })
  const { stores, clock } = world.plane
  const body = {
    stage: 'deploy',
    environment: 'production',
    by: 'bob',
    job: (await stores.rollouts.byId(id))!.job!,
  }
  await stores.versions.addRecord({
    id: newId('record'),
    version: candidate,
    kind: 'approval',
    body,
    createdAt: clock.now(),
  })
  await happens(id, abort)
  const [stored] = await stores.rollouts.records(id)
  const version = (await stores.versions.byId(candidate))!
  expect(readRecord(Buffer.from(stored!.payload))).toMatchObject({
    sequence: 1,
    project: { id: project, name: (await stores.access.project(project))!.name },
    candidate: { id: candidate, number: version.number, digest: version.digest },
    approvals: [{ by: 'bob', at: 1_000_000 }],
    ballast: { version: '0' },
    from: { phase: 'queued', by: 'ada' },
    to: { phase: 'aborted' },
  })
})

test('a vault that does not open keeps nothing from being decided, and signs later', async () => {
  const { id } = await aQueued()
  await happens(id, { kind: 'dequeued' })
  const secrets = join(world.plane.settings.dataDir, 'secrets')
  await rename(join(secrets, 'vault.key'), join(secrets, 'away'))
  await happens(id, abort)
  expect((await world.plane.stores.rollouts.byId(id))?.phase).toBe('aborted')
  expect(await verified(id)).toMatchObject({
    verdict: 'inconclusive',
    findings: [{ place: 2, kind: 'unsigned', message: expect.stringContaining("can't be opened") }],
  })

  const signer = new LateSigner(world.plane)
  await expect(signer.tick()).rejects.toMatchObject({ code: 'VAULT_SEALED' })
  await rename(join(secrets, 'away'), join(secrets, 'vault.key'))
  // Once a minute.
  await signer.tick()
  expect(await verified(id)).toMatchObject({ verdict: 'inconclusive' })
  world.pass(60_000)
  await signer.tick()
  expect(await verified(id)).toMatchObject({ verdict: 'passed', findings: [] })
})

test('of two that decide at once one does, with its record alone', async () => {
  const { id } = await aQueued()
  await Promise.all([happens(id, abort), happens(id, { kind: 'superseded', by: newId('rollout') })])
  expect(await world.plane.stores.rollouts.records(id)).toHaveLength(1)
  expect(await verified(id)).toMatchObject({ verdict: 'passed' })
})
