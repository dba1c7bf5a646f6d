import { expect, test } from 'vitest'
import { newId, parseCalendar } from '../../../src/core/index.ts'
import type { Version } from '../../../src/registry/index.ts'
import type {
  Deployment,
  RolloutChange,
  ShadowCounts,
  StoredEvidence,
  StoredRecord,
} from '../../../src/rollout/index.ts'
import type { Stores } from '../../../src/storage/index.ts'
import { aRollout, aVersion, later, NOON, settle } from './world.ts'

export function rolloutContract(world: () => Stores): void {
  const register = async (...bytes: readonly string[]): Promise<readonly Version[]> => {
    const { project } = await settle(world())
    const registered = []
    for (const text of bytes)
      registered.push(await world().versions.register(aVersion(project, { bytes: text })))
    return registered
  }
  const aChange = (change: Partial<RolloutChange> = {}): RolloutChange => ({
    at: later(1),
    phase: 'preparing',
    step: 0,
    weight: 0,
    reason: 'its turn',
    ...change,
  })

  test('a rollout comes back with every field it has', async () => {
    const { rollouts } = world()
    const [stable, candidate] = await register('a', 'b')
    const plain = aRollout(candidate!, { strategy: { kind: 'immediate' } })
    const full = aRollout(candidate!, {
      stable: stable!.id,
      job: newId('job'),
      phase: 'aborted',
      weight: 0.05,
      endedAt: later(2),
      reason: 'worse',
      createdAt: later(1),
      traffic: {
        sticky: { kind: 'cookie', name: 'arm', maxAgeMs: 1000 },
        rules: [{ header: 'x', match: { kind: 'is', text: 'y' }, to: 'previous' }],
      },
      from: ['staging', 'qa'],
      calendar: parseCalendar({ freeze: ['Fri 18:00 - Mon 08:00 Europe/Berlin'], schedule: [] }),
      override: { by: 'ada', at: later(1), reason: 'a fix' },
      pause: { by: 'bob', at: later(1), reason: 'odd answers', until: later(9) },
      supersede: true,
      supersededBy: newId('rollout'),
    })
    await rollouts.add(plain)
    await rollouts.add(full)
    expect(await rollouts.byId(plain.id)).toStrictEqual(plain)
    expect(await rollouts.byId(full.id)).toStrictEqual(full)
    expect(await rollouts.list('digits', 9)).toEqual([full, plain])
    expect(await rollouts.list('digits', 1)).toEqual([full])
    expect(await rollouts.byId(newId('rollout'))).toBeUndefined()
  })

  test('live rollouts come oldest first, and of a job the latest', async () => {
    const { rollouts } = world()
    const [candidate] = await register('a')
    const job = newId('job')
    const at = (time: number, phase: 'queued' | 'promoted') =>
      aRollout(candidate!, { createdAt: later(time), phase, job })
    const [second, first, third, ended] = [
      at(2, 'queued'),
      at(1, 'queued'),
      at(2, 'queued'),
      at(0, 'promoted'),
    ]
    for (const rollout of [second, first, third, ended]) await rollouts.add(rollout)
    expect(await rollouts.inPhases(['queued', 'preparing'])).toEqual([first, second, third])
    expect(await rollouts.byJob(job)).toEqual(third)
    expect(await rollouts.byJob(newId('job'))).toBeUndefined()
    expect(await rollouts.inPhases([])).toEqual([])
  })

  test('an update needs the revision that it saw', async () => {
    const { rollouts } = world()
    const [stable, candidate] = await register('a', 'b')
    const rollout = aRollout(candidate!)
    await rollouts.add(rollout)
    const override = { by: 'ada', at: later(1) }
    const pause = { by: 'ada', at: later(1) }
    const next = { ...rollout, phase: 'preparing', stable: stable!.id, override, pause } as const
    expect(await Promise.all([1, 2].map(() => rollouts.update(next, 1, aChange())))).toEqual([true, false])
    expect(await rollouts.byId(rollout.id)).toStrictEqual({ ...next, revision: 2 })
    expect(await rollouts.update(next, 7, aChange())).toBe(false)
    const { pause: _lifted, ...resumed } = next
    expect(await rollouts.update(resumed, 2, aChange({ at: later(2) }))).toBe(true)
    expect(await rollouts.byId(rollout.id)).toStrictEqual({ ...resumed, revision: 3 })
    expect(await rollouts.history(rollout.id)).toStrictEqual([aChange(), aChange({ at: later(2) })])
    expect(await rollouts.update({ ...next, id: newId('rollout') }, 1, aChange())).toBe(false)
  })

  test('a promotion and its deployment are one; an ended rollout stays as it is', async () => {
    const { rollouts } = world()
    const [stable, candidate] = await register('a', 'b')
    const rollout = aRollout(candidate!, { stable: stable!.id, phase: 'progressing', revision: 4 })
    await rollouts.add(rollout)
    const { project, model, environment } = rollout
    const deployment: Deployment = {
      project,
      model,
      environment,
      stable: candidate!.id,
      previous: stable!.id,
      previousUntil: later(30),
      since: NOON,
      traffic: { mirror: { to: 'canary', share: 0.1, keep: 'digests' } },
    }
    const next = { ...rollout, phase: 'promoted', weight: 1, endedAt: later(5), reason: 'passed' } as const
    const analysis = { verdict: 'passed', metrics: [], canaryRequests: 100, baselineRequests: 90 } as const
    const change = aChange({ phase: 'promoted', weight: 1, analysis })

    const nowhere = { ...deployment, stable: newId('version') }
    await expect(rollouts.update(next, 4, change, nowhere)).rejects.toMatchObject({
      code: 'CONSTRAINT_VIOLATED',
    })
    expect(await rollouts.byId(rollout.id)).toEqual(rollout)
    expect(await rollouts.history(rollout.id)).toEqual([])

    expect(await rollouts.update(next, 4, change, deployment)).toBe(true)
    expect(await rollouts.deployment('digits', 'production')).toStrictEqual(deployment)
    expect(await rollouts.deployments()).toEqual([deployment])
    expect(await rollouts.deployment('digits', 'preview')).toBeUndefined()
    expect(await rollouts.history(rollout.id)).toStrictEqual([change])
    await expect(rollouts.update({ ...next, phase: 'aborted' }, 5, change)).rejects.toMatchObject({
      code: 'ROLLOUT_ENDED',
    })
  })

  test('a decision and its record are one, and a record is signed once', async () => {
    const { rollouts } = world()
    const [candidate] = await register('a')
    const rollout = aRollout(candidate!)
    const other = aRollout(candidate!)
    for (const each of [rollout, other]) await rollouts.add(each)
    const aRecord = (sequence: number, change: Partial<StoredRecord> = {}): StoredRecord => ({
      rollout: rollout.id,
      sequence,
      payload: `{"sequence":${sequence}}`,
      signature: { keyid: 'k1', sig: 'c2ln' },
      ...change,
    })
    const { signature: _, ...bare } = aRecord(2)
    const unsigned = { ...bare, unsigned: 'the vault is sealed' }
    const next = { ...rollout, phase: 'preparing' } as const
    expect(await rollouts.lastRecord(rollout.id)).toBeUndefined()

    expect(await rollouts.update(next, 7, aChange(), undefined, aRecord(1))).toBe(false)
    expect(await rollouts.records(rollout.id)).toEqual([])
    expect(await rollouts.update(next, 1, aChange(), undefined, aRecord(1))).toBe(true)
    // A record that is there already takes its change with it.
    await expect(rollouts.update(next, 2, aChange(), undefined, aRecord(1))).rejects.toMatchObject({
      code: 'CONSTRAINT_VIOLATED',
    })
    expect(await rollouts.byId(rollout.id)).toMatchObject({ revision: 2 })
    expect(await rollouts.history(rollout.id)).toHaveLength(1)

    expect(await rollouts.update(next, 2, aChange(), undefined, unsigned)).toBe(true)
    expect(await rollouts.records(rollout.id)).toStrictEqual([aRecord(1), unsigned])
    expect(await rollouts.records(rollout.id, { after: 0, limit: 1 })).toStrictEqual([aRecord(1)])
    expect(await rollouts.records(rollout.id, { after: 1, limit: 9 })).toStrictEqual([unsigned])
    expect(await rollouts.lastRecord(rollout.id)).toStrictEqual(unsigned)
    expect(await rollouts.records(other.id)).toEqual([])
    expect(await rollouts.unsignedRecords(9)).toStrictEqual([unsigned])
    await rollouts.signRecord(rollout.id, 2, { keyid: 'k2', sig: 'bGF0ZQ==' })
    await rollouts.signRecord(rollout.id, 1, { keyid: 'k2', sig: 'bGF0ZQ==' })
    expect(await rollouts.records(rollout.id)).toStrictEqual([
      aRecord(1),
      aRecord(2, { signature: { keyid: 'k2', sig: 'bGF0ZQ==' } }),
    ])
    expect(await rollouts.unsignedRecords(9)).toEqual([])
  })

  test('a deployment is removed, and no other', async () => {
    const { rollouts } = world()
    const [version] = await register('a')
    const rollout = aRollout(version!)
    const { project, model } = rollout
    const here = { project, model, environment: 'preview-topic', stable: version!.id, since: NOON }
    const there = { ...here, environment: 'production' }
    for (const [i, deployment] of [here, there].entries()) {
      const each = { ...rollout, id: newId('rollout'), environment: deployment.environment, revision: i + 1 }
      await rollouts.add(each)
      await rollouts.update({ ...each, phase: 'promoted' }, i + 1, aChange({ phase: 'promoted' }), deployment)
    }
    const removal = { at: later(9), by: 'the stop of its environment', reason: 'its branch is gone' }
    await rollouts.removeDeployment(model, 'preview-topic', removal)
    await rollouts.removeDeployment(model, 'preview-topic', removal)
    await rollouts.removeDeployment('other', 'production', removal)
    expect(await rollouts.deployments()).toStrictEqual([there])
    const place = { kind: 'environment', name: 'preview-topic' } as const
    const [told, before] = await world().versions.moves(model, { place, limit: 9 })
    expect(told).toStrictEqual({
      ...removal,
      id: expect.any(String),
      project,
      model,
      place,
      event: 'removed',
      version: version!.id,
      decision: { kind: 'person', by: removal.by },
    })
    expect(before).toMatchObject({ event: 'served' })
    const all = await world().versions.moves(model, { limit: 9 })
    expect(all.filter(({ event }) => event === 'removed')).toEqual([told])
  })

  test('a later deployment replaces the one before it', async () => {
    const { rollouts } = world()
    const [a, b] = await register('a', 'b')
    const promote = async (version: Version, previous?: Version) => {
      const rollout = aRollout(version)
      await rollouts.add(rollout)
      const { project, model, environment } = rollout
      const deployment = {
        project,
        model,
        environment,
        stable: version.id,
        since: NOON,
        ...(previous && { previous: previous.id }),
      }
      await rollouts.update({ ...rollout, phase: 'promoted' }, 1, aChange({ phase: 'promoted' }), deployment)
      return deployment
    }
    await promote(b!, a!)
    const latest = await promote(a!)
    expect(await rollouts.deployments()).toStrictEqual([latest])
  })

  test('evidence is kept with what was counted, by whoever saw it last', async () => {
    const { rollouts } = world()
    const [candidate] = await register('a')
    const rollout = aRollout(candidate!)
    await rollouts.add(rollout)
    const { id } = rollout
    const evidence = (changes: number): StoredEvidence => ({
      state: {
        step: 1,
        policy: {
          metrics: [{ kind: 'rate', name: 'errors', tolerance: 0.002, margin: 0.01 }],
          confidence: 0.95,
          required: ['errors'],
        },
        watched: [{ source: 'errors', counted: [['', { canary: 9 * changes }]], looks: 1, lookedAt: NOON }],
        evidence: [{ kind: 'rate', dispersion: [], earlier: [] }],
        changes,
      },
      curve: [
        {
          index: changes,
          at: later(changes),
          step: 1,
          canaryRequests: 9,
          spent: 0.05,
          metrics: [{ metric: 'errors', harm: 0.1, pass: 0.9 }],
        },
      ],
    })
    expect(await rollouts.evidence(id)).toBeUndefined()
    expect(await rollouts.saveEvidence(id, evidence(2))).toBe(false)
    const firsts = await Promise.all([1, 2].map(() => rollouts.saveEvidence(id, evidence(1))))
    expect(firsts.sort()).toEqual([false, true])
    expect(await rollouts.evidence(id)).toStrictEqual(evidence(1))
    expect(await rollouts.saveEvidence(id, evidence(3))).toBe(false)
    const seconds = await Promise.all([1, 2].map(() => rollouts.saveEvidence(id, evidence(2))))
    expect(seconds.sort()).toEqual([false, true])
    expect(await rollouts.saveEvidence(id, evidence(1))).toBe(false)
    expect(await rollouts.evidence(id)).toStrictEqual(evidence(2))
  })

  test('counts are the sum of the latest report of every process', async () => {
    const { rollouts } = world()
    const [candidate] = await register('a')
    const { id } = aRollout(candidate!)
    await rollouts.add(aRollout(candidate!, { id }))
    expect(await rollouts.counts(id, 0)).toEqual({})
    await rollouts.saveCounts(id, 0, 'gateway-1', 'canary', { requests: 5, errors: 0, latency: { 3: 5 } })
    await rollouts.saveCounts(id, 0, 'gateway-1', 'canary', {
      requests: 10,
      errors: 1,
      latency: { 3: 8, 90: 1 },
    })
    await rollouts.saveCounts(id, 0, 'gateway-2', 'canary', { requests: 2, errors: 1, latency: { 3: 1 } })
    await rollouts.saveCounts(id, 0, 'gateway-2', 'baseline', { requests: 7, errors: 0, latency: {} })
    await rollouts.saveCounts(id, 1, 'gateway-1', 'canary', { requests: 99, errors: 0, latency: {} })
    expect(await rollouts.counts(id, 0)).toStrictEqual({
      canary: { requests: 12, errors: 2, latency: { 3: 9, 90: 1 } },
      baseline: { requests: 7, errors: 0, latency: {} },
    })
  })

  test('pairs of a shadow are the sum of the latest report of every process', async () => {
    const { rollouts } = world()
    const [candidate] = await register('a')
    const { id } = aRollout(candidate!)
    await rollouts.add(aRollout(candidate!, { id }))
    const some: ShadowCounts = {
      ...{ pairs: 9, identical: 2, agreed: 5, compared: 7 },
      ...{ primaryErrors: 1, mirrorErrors: 2, dropped: 3 },
      primaryLatency: { 3: 8 },
      latency: { 3: 5, 90: 2 },
    }
    expect(await rollouts.pairs(id, 0)).toBeUndefined()
    await rollouts.savePairs(id, 0, 'gateway-1', { ...some, pairs: 8, primaryLatency: {}, latency: { 7: 1 } })
    await rollouts.savePairs(id, 0, 'gateway-1', some)
    expect(await rollouts.pairs(id, 0)).toStrictEqual(some)
    await rollouts.savePairs(id, 0, 'gateway-2', some)
    await rollouts.savePairs(id, 1, 'gateway-1', { ...some, pairs: 99 })
    expect(await rollouts.pairs(id, 0)).toStrictEqual({
      ...{ pairs: 18, identical: 4, agreed: 10, compared: 14 },
      ...{ primaryErrors: 2, mirrorErrors: 4, dropped: 6 },
      primaryLatency: { 3: 16 },
      latency: { 3: 10, 90: 4 },
    })
  })

  test('what feedback says of an experiment is the most that each ledger told', async () => {
    const { rollouts } = world()
    const [candidate] = await register('a')
    const { id } = aRollout(candidate!)
    await rollouts.add(aRollout(candidate!, { id }))
    const sums = (count: number) => ({ count, sum: count / 2, squares: count })
    const told = (ledger: string, count: number, step = 0) => ({
      ...{ step, ledger, arm: 'canary' as const },
      outcomes: {
        rewards: { total: sums(count), groups: [sums(count), sums(0)] },
        correct: { total: sums(2) },
      },
    })
    expect(await rollouts.outcomes(id)).toStrictEqual([])
    for (const count of [3, 9, 5]) await rollouts.saveOutcomes(id, told('one', count))
    await rollouts.saveOutcomes(id, told('two', 4))
    await rollouts.saveOutcomes(id, told('one', 1, 2))
    await rollouts.saveOutcomes(id, { ...told('one', 6), arm: 'baseline' })
    expect(await rollouts.outcomes(id)).toStrictEqual([
      { ...told('one', 6), arm: 'baseline' },
      told('one', 9),
      told('two', 4),
      told('one', 1, 2),
    ])
  })

  test('a project takes its versions, rollouts and deployments with it', async () => {
    const { rollouts, versions, access } = world()
    const [a, b] = await register('a', 'b')
    const rollout = aRollout(b!, { stable: a!.id })
    await rollouts.add(rollout)
    await rollouts.saveCounts(rollout.id, 0, 'gateway-1', 'canary', { requests: 1, errors: 0, latency: {} })
    const { project, model, environment } = rollout
    const deployment = { project, model, environment, stable: b!.id, previous: a!.id, since: NOON }
    const record = { rollout: rollout.id, sequence: 1, payload: '{}', unsigned: 'no key' }
    await rollouts.update({ ...rollout, phase: 'promoted' }, 1, aChange(), deployment, record)
    await access.removeProject(project)
    expect(await rollouts.records(rollout.id)).toEqual([])
    expect(await rollouts.unsignedRecords(9)).toEqual([])
    expect(await versions.byId(a!.id)).toBeUndefined()
    expect(await rollouts.byId(rollout.id)).toBeUndefined()
    expect(await rollouts.deployments()).toEqual([])
  })
}
