import { describe, expect, test } from 'vitest'
import type { ArmQuality, ModelQuality, RolloutView } from '../../src/api/index.ts'
import { startRollouts } from '../server/rollouts.ts'
import { modelFiles, until } from '../server/world.ts'

const { world, host, gateway, release, see, inPhase } = await startRollouts()

const yaml = (strategy: string, more: string) => `model: model.onnx
deploy:
  production:
    strategy: ${strategy}
    traffic: { sticky: { header: X-User } }
    log: { sample: 100% }
${more.replace(/^/gm, '    ')}
`
const BY_REWARD = 'metric: reward\nhorizon: 4000 requests\neffect: 4%'

const anAb = (name: string, more = BY_REWARD, maxFirstStep = 1) =>
  anExperiment('ab', name, more, maxFirstStep)

/** A model whose first version serves, and whose second is tried beside it. */
async function anExperiment(
  strategy: string,
  name: string,
  more: string,
  maxFirstStep = 1,
): Promise<RolloutView> {
  const repository = await world.repository(name, modelFiles(yaml(strategy, more)))
  await inPhase((await release(name, repository, 1)).id, 'promoted')
  const path = `/projects/${name}/policies/production`
  const { environment: _, ...policy } = await world.admin<{ environment: string }>('GET', path)
  await world.admin('PUT', path, { ...policy, maxFirstStep })
  return inPhase((await release(name, repository, 2)).id, 'progressing')
}

const GROUPS = 32
const sums = (count: number, sum: number) => ({ count, sum, squares: sum })

/** So many rewards of 0 and 1, spread over the groups of callers. */
function anArm(rollout: string, arm: string, count: number, part: number, step = 0): ArmQuality {
  const each = count / GROUPS
  const group = { correct: 0, wrong: 0, rewards: sums(each, each * part) }
  return {
    version: `ver_${arm}`,
    arm,
    rollout: { id: rollout, step },
    ...{ labelled: 0, incomparable: 0, correct: 0, wrong: 0 },
    errors: { count: 0, sum: 0, squares: 0, absolute: 0 },
    scores: sums(0, 0),
    rewards: sums(count, count * part),
    groups: Object.fromEntries(Array.from({ length: GROUPS }, (_, i) => [String(i), group])),
  }
}

let ledgers = 0
/** What a gateway's ledger says; each call is newer than the one before. */
const feedback = (model: string, arms: ArmQuality[], ledger = 'ledger'): Promise<{ status: number }> => {
  const told: ModelQuality = { ledger, n: ++ledgers, environment: 'production', model, arms, pairs: [] }
  return gateway.report([], { quality: [told] })
}

test('callers are shared out evenly and stay, feedback is counted by their groups, and the plan is told', async () => {
  const { id } = await anAb('begun')
  expect(await gateway.weights('begun')).toStrictEqual({
    'stable v1': 0,
    'baseline v1': 0.5,
    'canary v2': 0.5,
  })
  const route = (await gateway.table())?.routes.find(({ model }) => model === 'begun')
  expect(route).toMatchObject({
    rollout: { id, step: 0, groups: GROUPS },
    traffic: { sticky: { kind: 'header', name: 'x-user' } },
  })
  const { strategy, steps, reason } = await see(id)
  expect({ strategy, steps }).toEqual({ strategy: 'ab', steps: [{ weight: 0.5, holdMs: 0 }] })
  expect(reason).toContain('4,000 rewards')
})

test.each([
  {
    name: 'ab-better',
    part: 0.4,
    phase: 'promoted',
    says: /^Promoted at its horizon: reward 0\.4 against 0\.3 /,
    serves: 'v2',
  },
  { name: 'ab-worse', part: 0.27, phase: 'aborted', says: /worse$/, serves: 'v1' },
  {
    name: 'ab-same',
    part: 0.3,
    phase: 'aborted',
    says: /^Stable stays: .* not better by 0\.04$/,
    serves: 'v1',
  },
] as const)(
  '$name is decided at its horizon, and not before: $phase',
  async ({ name, part, phase, says, serves }) => {
    const { id } = await anAb(name)
    await feedback(name, [anArm(id, 'canary', 1600, part), anArm(id, 'baseline', 1600, 0.3)])
    const running = await see(id)
    expect(running).toMatchObject({ phase: 'progressing', weight: 0.5 })
    expect(running.analysis?.metrics[0]).toMatchObject({ metric: 'reward', verdict: 'inconclusive' })
    expect(running.reason).toMatch(/of 3,200 rewards so far: decided at 4,000 rewards/)
    await feedback(name, [anArm(id, 'canary', 2016, part), anArm(id, 'baseline', 2016, 0.3)])
    const ended = await see(id)
    expect(ended).toMatchObject({ phase })
    expect(ended.reason).toMatch(says)
    expect(await gateway.weights(name)).toStrictEqual({ [`stable ${serves}`]: 1 })
  },
)

test('one that is far worse is ended on the way', async () => {
  const { id } = await anAb('ab-harmful')
  await feedback('ab-harmful', [anArm(id, 'canary', 640, 0.1), anArm(id, 'baseline', 640, 0.4)])
  const ended = await see(id)
  expect(ended.phase).toBe('aborted')
  expect(ended.reason).toMatch(/worse beyond chance at 32 % of its horizon$/)
})

test('errors end it at once, whatever its metric says', async () => {
  const { id } = await anAb('ab-failing')
  await feedback('ab-failing', [anArm(id, 'canary', 640, 0.9), anArm(id, 'baseline', 640, 0.1)])
  for (let look = 1; look <= 5; look++) await gateway.count(id, 0, look * 200, { canary: look * 100 })
  const ended = await see(id)
  expect(ended.phase).toBe('aborted')
  expect(ended.reason).toMatch(/errors/)
})

describe('what shows nothing', () => {
  const nothing = (id: string) => [anArm(id, 'canary', 2016, 0.33), anArm(id, 'baseline', 2016, 0.31)]

  test('leaves stable where it is', async () => {
    const { id } = await anAb('ab-open')
    await feedback('ab-open', nothing(id))
    expect(await see(id)).toMatchObject({
      phase: 'aborted',
      reason: expect.stringMatching(
        /^Stable stays, as its horizon showed nothing: .* neither better nor not/,
      ),
    })
  })

  test('waits for a person where its file says so: more feedback decides nothing', async () => {
    const { id } = await anAb('ab-waits', `${BY_REWARD}\notherwise: wait`)
    await feedback('ab-waits', nothing(id))
    const waiting = await see(id)
    expect(waiting).toMatchObject({ phase: 'progressing', step: 1, weight: 0.5 })
    expect(waiting.reason).toMatch(/^Waits for a person, as its horizon showed nothing/)
    await feedback('ab-waits', [anArm(id, 'canary', 3200, 0.6), anArm(id, 'baseline', 3200, 0.3)])
    await gateway.count(id, 1, 500)
    expect(await see(id)).toMatchObject({ phase: 'progressing', step: 1 })
    const promoted = await world.admin<RolloutView>('POST', `/rollouts/${id}/promote`, {})
    expect(promoted).toMatchObject({
      phase: 'promoted',
      reason: expect.stringContaining('as its horizon showed nothing'),
    })
  })
})

test('over a restart what was told goes on; a late word of less, and of another rollout, changes nothing', async () => {
  const { id } = await anAb('ab-kept')
  await feedback('ab-kept', [anArm(id, 'canary', 1600, 0.4), anArm(id, 'baseline', 1600, 0.3)])
  await world.restart()
  await host.ready()
  await feedback('ab-kept', [anArm('rol_other', 'canary', 9600, 0.9), anArm(id, 'canary', 320, 0.1)])
  expect((await see(id)).phase).toBe('progressing')
  // Another gateway's callers come on top.
  await feedback('ab-kept', [anArm(id, 'canary', 416, 0.4), anArm(id, 'baseline', 416, 0.3)], 'elsewhere')
  expect(await see(id)).toMatchObject({
    phase: 'promoted',
    reason: expect.stringContaining('against 0.3 of 4,032 rewards'),
  })
})

test("the policy's first step bounds the split, and all that stable's version answers is compared", async () => {
  const { id } = await anAb('ab-bounded', BY_REWARD, 0.25)
  expect(await gateway.weights('ab-bounded')).toStrictEqual({
    'stable v1': 0.5,
    'baseline v1': 0.25,
    'canary v2': 0.25,
  })
  const arms = [
    anArm(id, 'canary', 1024, 0.4),
    anArm(id, 'baseline', 1024, 0.3),
    anArm(id, 'stable', 2048, 0.3),
  ]
  await feedback('ab-bounded', arms)
  expect(await see(id)).toMatchObject({
    phase: 'promoted',
    reason: expect.stringContaining('of 4,096 rewards'),
  })
})

test('a pause keeps the decision untaken, and harm still ends it', async () => {
  const { id } = await anAb('ab-paused')
  await world.admin('POST', `/rollouts/${id}/pause`, {})
  const decides = [anArm(id, 'canary', 2016, 0.4), anArm(id, 'baseline', 2016, 0.3)]
  await feedback('ab-paused', decides)
  expect((await see(id)).phase).toBe('progressing')
  await world.admin('POST', `/rollouts/${id}/resume`, {})
  await until('it is decided', async () => (await see(id)).phase === 'promoted')
})

describe('a bandit', () => {
  const MORE = 'effect: 2%\nevery: 1s\nmin_rewards: 400\nsplit: 30%'
  const aBandit = (name: string, more = MORE, maxFirstStep = 1) =>
    anExperiment('bandit', name, more, maxFirstStep)

  /** Each step gets as many rewards as its shares say, on top of those of the steps before, until it ends. */
  async function rewarded(name: string, rates: { readonly canary: number; readonly stable: number }) {
    const { id } = (await world.rollouts(name))[0]!
    const told: ArmQuality[] = []
    const shares: number[] = []
    const ended = await until(
      `the end of ${name}`,
      async () => {
        const { step, weight, endedAt } = await see(id)
        if (endedAt !== null) return see(id)
        if (shares.length === step) {
          shares.push(weight)
          const count = (share: number) => GROUPS * Math.round((640 * share) / GROUPS)
          told.push(anArm(id, 'canary', count(weight), rates.canary, step))
          told.push(anArm(id, 'baseline', count(1 - weight), rates.stable, step))
        }
        await feedback(name, told)
        return undefined
      },
      60_000,
    )
    return { shares, ended }
  }

  test('whose candidate earns more gets more of the traffic, and is promoted', async () => {
    const { id } = await aBandit('bandit-rich')
    expect(await gateway.weights('bandit-rich')).toStrictEqual({
      'stable v1': 0.4,
      'baseline v1': 0.3,
      'canary v2': 0.3,
    })
    const { shares, ended } = await rewarded('bandit-rich', { canary: 0.36, stable: 0.3 })
    expect(ended).toMatchObject({ id, strategy: 'bandit', phase: 'promoted', weight: 1 })
    expect(ended.reason).toMatch(
      /^Promoted: reward 0\.36 against 0\.3 of [\d,]+ rewards: .*the better one with/,
    )
    expect(shares.length).toBeGreaterThan(2)
    expect(shares).toEqual(shares.toSorted((a, b) => a - b))
    // It moves by a fifth at most, so that routes do not flap.
    for (const [i, share] of shares.entries())
      expect(share - (shares[i - 1] ?? 0.3)).toBeLessThanOrEqual(0.2001)
    expect(ended.history.map(({ weight }) => weight)).toEqual([0, ...shares, 1])
    expect(await gateway.weights('bandit-rich')).toStrictEqual({ 'stable v2': 1 })
  })

  test('whose candidate earns less gets less, also over a restart, and is aborted', async () => {
    const { id } = await aBandit('bandit-poor')
    await feedback('bandit-poor', [anArm(id, 'canary', 192, 0.2), anArm(id, 'baseline', 448, 0.3)])
    await until('its share has fallen', async () => (await see(id)).step === 1)
    const fallen = (await see(id)).weight
    expect(fallen).toBeLessThan(0.3)
    await world.restart()
    await host.ready()
    expect(await see(id)).toMatchObject({ phase: 'progressing', step: 1, weight: fallen })
    const kept = [anArm(id, 'canary', 192, 0.2), anArm(id, 'baseline', 448, 0.3)]
    await feedback('bandit-poor', [
      ...kept,
      anArm(id, 'canary', 960, 0.18, 1),
      anArm(id, 'baseline', 4000, 0.3, 1),
    ])
    const ended = await see(id)
    expect(ended.phase).toBe('aborted')
    expect(ended.reason).toMatch(/^Stable stays: reward .* less beyond chance$/)
    expect(await gateway.weights('bandit-poor')).toStrictEqual({ 'stable v1': 1 })
  })

  test("never gets more than the policy's first step before it is promoted", async () => {
    const { id } = await aBandit('bandit-bounded', MORE, 0.1)
    expect(await see(id)).toMatchObject({ weight: 0.1 })
    await feedback('bandit-bounded', [anArm(id, 'canary', 320, 0.9), anArm(id, 'baseline', 320, 0.1)])
    await gateway.count(id, 0, 100)
    expect(await see(id)).toMatchObject({ phase: 'progressing', step: 0, weight: 0.1 })
    await feedback('bandit-bounded', [anArm(id, 'canary', 416, 0.9), anArm(id, 'baseline', 416, 0.1)])
    expect(await see(id)).toMatchObject({ phase: 'promoted' })
  })

  test('whose horizon comes without an answer leaves stable where it is', async () => {
    const { id } = await aBandit('bandit-open', `${MORE}\nhorizon: 1280 requests`)
    await feedback('bandit-open', [anArm(id, 'canary', 640, 0.3), anArm(id, 'stable', 640, 0.3)])
    expect(await see(id)).toMatchObject({
      phase: 'aborted',
      reason: expect.stringMatching(
        /^Stable stays, as its horizon showed nothing: reward 0\.3 against 0\.3 /,
      ),
    })
  })
})
