import { expect, test } from 'vitest'
import { digestOf, newId, type ProjectId } from '../../../src/core/index.ts'
import type { Alias, Move, Version } from '../../../src/registry/index.ts'
import type { Stores } from '../../../src/storage/index.ts'
import { aRollout, aVersion, later, NOON, settle } from './world.ts'

/** Aliases, the history of what served where, and the end of versions. */
export function versionNamesContract(world: () => Stores): void {
  const register = async (...bytes: readonly string[]): Promise<readonly Version[]> => {
    const { project } = await settle(world())
    const made = []
    for (const text of bytes) made.push(await world().versions.register(aVersion(project, { bytes: text })))
    return made
  }
  const anAlias = (version: Version, change: Partial<Alias> = {}): Alias => ({
    project: version.project,
    model: version.model,
    name: 'champion',
    version: version.id,
    protected: false,
    movedAt: NOON,
    movedBy: 'ada',
    ...change,
  })
  const aMove = (version: Version, change: Partial<Move> = {}): Move => ({
    id: newId('move'),
    project: version.project,
    model: version.model,
    place: { kind: 'alias', name: 'champion' },
    event: 'set',
    version: version.id,
    at: NOON,
    by: 'ada',
    decision: { kind: 'person', by: 'ada' },
    reason: 'better',
    ...change,
  })
  const history = (model = 'digits') => world().versions.moves(model, { limit: 99 })

  test('an alias comes back as it was set, with its line of history', async () => {
    const { versions } = world()
    const [a, b] = await register('a', 'b')
    const first = anAlias(a!, { protected: true })
    expect(await versions.setAlias(first, aMove(a!))).toBe(first)
    expect(await versions.alias('digits', 'champion')).toStrictEqual(first)
    const move = aMove(b!, { at: later(1) })
    const second = anAlias(b!, { movedAt: later(1) })
    await versions.setAlias(second, move, a!.id)
    await versions.setAlias(anAlias(a!, { name: 'best' }), aMove(a!, { at: later(2) }))
    expect((await versions.aliases('digits')).map(({ name }) => name)).toEqual(['best', 'champion'])
    expect((await history())[1]).toStrictEqual({ ...move, before: a!.id })
    // Only protected anew: nothing moved.
    await versions.setAlias({ ...second, protected: true }, aMove(b!), b!.id)
    expect(await history()).toHaveLength(3)
    // Who may move unprotected ones alone saw it a moment before.
    expect(await versions.setAlias(anAlias(a!), aMove(a!), b!.id, 'unprotected')).toMatchObject({
      version: b!.id,
      protected: true,
    })
    expect(await versions.removeAlias('digits', 'champion', aMove(b!), b!.id, 'unprotected')).toBe(false)
    expect(await history()).toHaveLength(3)
    expect(await versions.alias('digits', 'nothing')).toBeUndefined()
  })

  test('of those who move an alias from the same version at once, one does', async () => {
    const { versions } = world()
    const [a, b] = await register('a', 'b')
    await versions.setAlias(anAlias(a!), aMove(a!), null)
    const wanted = Array.from({ length: 5 }, () => anAlias(b!))
    const stands = await Promise.all(wanted.map(alias => versions.setAlias(alias, aMove(b!), a!.id)))
    expect(stands.filter((alias, i) => alias === wanted[i])).toHaveLength(1)
    expect(stands.every(alias => alias?.version === b!.id)).toBe(true)
    expect(await history()).toHaveLength(2)
    expect(await versions.setAlias(anAlias(a!), aMove(a!), null)).toMatchObject({ version: b!.id })
    expect(await versions.removeAlias('digits', 'champion', aMove(b!), a!.id)).toBe(false)
    expect(await versions.removeAlias('digits', 'champion', aMove(b!, { event: 'removed' }), b!.id)).toBe(
      true,
    )
    expect(await versions.removeAlias('digits', 'champion', aMove(b!))).toBe(false)
    expect(await versions.setAlias(anAlias(a!), aMove(a!), b!.id)).toBeUndefined()
  })

  test('promotions, canaries and aborts are told in the transaction that makes them', async () => {
    const { rollouts } = world()
    const [stable, candidate] = await register('a', 'b')
    const analysis = { verdict: 'failed', metrics: [], canaryRequests: 9, baselineRequests: 9 } as const
    const rollout = aRollout(candidate!, { stable: stable!.id, job: newId('job'), by: 'bob' })
    await rollouts.add(rollout)
    const change = (phase: 'preparing' | 'progressing' | 'aborted', weight: number, at: number) => ({
      at: later(at),
      phase,
      step: 0,
      weight,
      reason: `now ${phase}`,
      decision: { kind: phase === 'aborted' ? 'analysis' : 'checks' } as const,
      ...(phase === 'aborted' && { analysis }),
    })
    const preparing = { ...rollout, phase: 'preparing' } as const
    await rollouts.update(preparing, 1, change('preparing', 0, 1))
    await rollouts.update(
      { ...preparing, phase: 'progressing', weight: 0.1 },
      2,
      change('progressing', 0.1, 2),
    )
    await rollouts.update(
      { ...preparing, phase: 'progressing', weight: 0.5 },
      3,
      change('progressing', 0.5, 3),
    )
    await rollouts.update({ ...preparing, phase: 'aborted', weight: 0 }, 4, change('aborted', 0, 4))
    // A revision that somebody else was faster with tells nothing.
    await rollouts.update({ ...preparing, phase: 'aborted', weight: 0 }, 4, change('aborted', 0, 5))
    const common = {
      project: rollout.project,
      model: 'digits',
      place: { kind: 'environment', name: 'production' },
      version: candidate!.id,
      before: stable!.id,
      by: 'bob',
      rollout: rollout.id,
    }
    expect(await history()).toStrictEqual([
      {
        ...common,
        id: expect.any(String),
        event: 'aborted',
        weight: 0.5,
        at: later(4),
        decision: { kind: 'analysis' },
        analysis,
        reason: 'now aborted',
      },
      {
        ...common,
        id: expect.any(String),
        event: 'canary',
        weight: 0.1,
        at: later(2),
        decision: { kind: 'checks' },
        reason: 'now progressing',
      },
    ])
    expect((await rollouts.history(rollout.id)).at(-1)).toStrictEqual(change('aborted', 0, 4))
  })

  test('history is read by place, by version and by pages', async () => {
    const { versions } = world()
    const [a, b] = await register('a', 'b')
    for (let i = 0; i < 5; i++) {
      const version = i % 2 === 0 ? a! : b!
      await versions.setAlias(anAlias(version, { name: `n${i}` }), {
        ...aMove(version, { at: later(i < 3 ? 1 : 2) }),
        place: { kind: 'alias', name: `n${i}` },
      })
    }
    const all = await history()
    expect(all).toHaveLength(5)
    expect(await versions.moves('digits', { place: all[0]!.place, limit: 9 })).toEqual([all[0]])
    expect(await versions.moves('digits', { version: b!.id, limit: 9 })).toHaveLength(2)
    const paged: Move[] = []
    for (;;) {
      const last = paged.at(-1)
      const page = await versions.moves('digits', { limit: 2, ...(last && { before: last }) })
      paged.push(...page)
      if (page.length < 2) break
    }
    expect(paged).toEqual(all)
    expect(await versions.moves('other', { limit: 9 })).toEqual([])
  })

  test('what was deployed is read over models, of one environment, and by pages', async () => {
    const { rollouts, versions } = world()
    const [a, b] = await register('a', 'b')
    for (const [i, [version, environment]] of (
      [
        [a!, 'production'],
        [b!, 'staging'],
        [b!, 'production'],
      ] as const
    ).entries()) {
      const rollout = { ...aRollout(version), environment }
      await rollouts.add(rollout)
      const { project, model } = rollout
      const deployment = { project, model, environment, stable: version.id, since: later(i) }
      const change = { at: later(i), phase: 'promoted', step: 0, weight: 1, reason: 'better' } as const
      await rollouts.update({ ...rollout, phase: 'promoted' }, 1, change, deployment)
    }
    const told = (moves: readonly Move[]) => moves.map(({ place, version }) => [place.name, version])
    const all = await versions.deployed(['other', 'digits'], { limit: 9 })
    expect(told(all)).toEqual([
      ['production', b!.id],
      ['staging', b!.id],
      ['production', a!.id],
    ])
    expect(await versions.deployed(['digits'], { environment: 'staging', limit: 9 })).toEqual([all[1]])
    expect(await versions.deployed(['digits'], { before: all[0]!, limit: 1 })).toEqual([all[1]])
    expect(await versions.deployed(['other'], { limit: 9 })).toEqual([])
    expect(await versions.deployed([], { limit: 9 })).toEqual([])
  })

  test('versions are found by the beginning of a digest or commit, and newest first over models', async () => {
    const { versions } = world()
    const { project } = await settle(world())
    const made: Version[] = []
    for (const [model, bytes, at] of [
      ['digits', 'a', 1],
      ['words', 'b', 2],
      ['digits', 'c', 2],
    ] as const) {
      const version = { ...aVersion(project, { model, bytes }), createdAt: later(at) }
      made.push(await versions.register(version))
    }
    const [a, b, c] = made
    const hex = a!.digest.slice('sha256:'.length)
    expect(await versions.byPrefix('digits', 'digest', hex.slice(0, 8), 9)).toEqual([a])
    expect(await versions.byPrefix('digits', 'digest', hex, 9)).toEqual([a])
    expect(await versions.byPrefix('words', 'digest', hex.slice(0, 8), 9)).toEqual([])
    expect(await versions.byPrefix('digits', 'commit', a!.manifest.commit.slice(0, 6), 9)).toEqual([c, a])
    expect(await versions.byPrefix('digits', 'commit', a!.manifest.commit.slice(0, 6), 1)).toEqual([c])
    const newest = await versions.newest(['digits', 'words'], { limit: 9 })
    expect(newest.map(({ id }) => id)).toEqual([
      ...[b!, c!]
        .map(({ id }) => id)
        .sort()
        .reverse(),
      a!.id,
    ])
    const [first] = newest
    const before = { at: first!.createdAt, id: first!.id }
    expect(await versions.newest(['digits', 'words'], { limit: 9, before })).toEqual(newest.slice(1))
    expect(
      await versions.newest(
        Array.from({ length: 1200 }, (_, i) => `m${i}`),
        { limit: 9 },
      ),
    ).toEqual([])
    expect(await versions.newest([], { limit: 9 })).toEqual([])
  })

  test('records of many versions come at once, with whose they are', async () => {
    const { versions } = world()
    const made = await register('a', 'b', 'c')
    const records = made.map((version, i) => ({
      id: newId('record'),
      version: version.id,
      kind: i === 2 ? ('scan' as const) : ('evaluation' as const),
      body: { i },
      createdAt: later(3 - i),
      ...(i === 1 && { origin: { server: 'http://elsewhere', id: 'rec_1' } }),
    }))
    for (const record of records) await versions.addRecord(record)
    const found = await versions.recordsOf(
      made.map(({ id }) => id),
      ['evaluation', 'lineage'],
    )
    expect(found).toStrictEqual([records[1], records[0]])
    expect(await versions.recordsOf([], ['scan'])).toEqual([])
  })

  test('a policy is replaced, told and removed', async () => {
    const { versions, access } = world()
    const { project } = await settle(world())
    const policy = { project, rules: { keepLast: 3 }, setAt: NOON, setBy: 'ada' }
    const ofModel = { ...policy, model: 'digits', rules: { keepDays: 1, keepParents: 2 } }
    for (const each of [policy, ofModel, { ...policy, rules: { keepLast: 9 } }])
      await versions.setRetention(each)
    expect(await versions.retention()).toStrictEqual([{ ...policy, rules: { keepLast: 9 } }, ofModel])
    expect(await versions.removeRetention(project, 'digits')).toBe(true)
    expect(await versions.removeRetention(project, 'digits')).toBe(false)
    await access.removeProject(project)
    expect(await versions.retention()).toEqual([])
  })

  test('what serves, is on its way, has a name or is signed for does not expire; the rest does, once', async () => {
    const { versions, rollouts } = world()
    const made = await register('free', 'stable', 'previous', 'moving', 'named', 'signed')
    const [free, stable, previous, moving, named, signed] = made
    const promoted = aRollout(stable!, { phase: 'progressing' })
    await rollouts.add(promoted)
    const { project, model, environment } = promoted
    await rollouts.update(
      { ...promoted, phase: 'promoted' },
      1,
      { at: NOON, phase: 'promoted', step: 0, weight: 1, reason: '' },
      { project, model, environment, stable: stable!.id, previous: previous!.id, since: NOON },
    )
    await rollouts.add(aRollout(moving!))
    await versions.setAlias(anAlias(named!), aMove(named!))
    const record = {
      id: newId('record'),
      version: signed!.id,
      kind: 'signature',
      body: {},
      createdAt: NOON,
    } as const
    await versions.addRecord(record)
    const expiry = { at: later(1), reason: 'keeps 1' }
    const all = made.map(({ id }) => id)
    expect(await versions.expire([...all, newId('version')], expiry)).toEqual([free!.id])
    expect(await versions.expire(all, { ...expiry, at: later(2) })).toEqual([])
    expect(await versions.byId(free!.id)).toStrictEqual({ ...free, expired: expiry })

    await expect(rollouts.add(aRollout(free!))).rejects.toMatchObject({ code: 'VERSION_EXPIRED' })
    const late = versions.setAlias(anAlias(free!, { name: 'late' }), aMove(free!))
    await expect(late).rejects.toMatchObject({ code: 'VERSION_EXPIRED' })
    expect(await versions.alias('digits', 'late')).toBeUndefined()
    // The same bytes, configuration and commit come once more: it is what it was.
    const { number: _, ...again } = free!
    expect(await versions.register({ ...again, id: newId('version') })).toStrictEqual(free)
    expect(await versions.byId(free!.id)).toStrictEqual(free)
  })

  test('a project takes aliases and history with it', async () => {
    const { versions, access } = world()
    const [a] = await register('a')
    await versions.setAlias(anAlias(a!), aMove(a!))
    await versions.addRecord({
      id: newId('record'),
      version: a!.id,
      kind: 'scan',
      body: digestOf('x'),
      createdAt: NOON,
    })
    await access.removeProject(a!.project as ProjectId)
    expect(await versions.aliases('digits')).toEqual([])
    expect(await history()).toEqual([])
    expect(await versions.records(a!.id)).toEqual([])
  })
}
