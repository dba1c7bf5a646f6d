import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { EngineWorld } from '../../../../test/server/engine.ts'
import { type AttemptId, digestOf, instant } from '../../../core/index.ts'

let world: EngineWorld
beforeEach(async () => {
  world = await EngineWorld.open()
})
afterEach(() => world.plane.close())

test("a job's coverage is read from the end of its log", async () => {
  const pipeline = await world.begin({}, { name: 'a', coverage: String.raw`Coverage: \d+%` })
  const [offer] = await world.lease()
  const log = Buffer.from(`Coverage: 1%\n${'.'.repeat(2_000_000)}\nCoverage: 88%\n`)
  await world.logs.append(offer!.attempt as AttemptId, 0, log)
  await world.finish(offer!)
  expect(await world.job(pipeline, 'a')).toMatchObject({
    state: 'succeeded',
    result: { kind: 'script', coverage: 88 },
  })
})

describe('a failed attempt', () => {
  test('is tried again by its cause, and what it came to is kept', async () => {
    const pipeline = await world.begin(
      {},
      { name: 'a', retries: 2, retryWhen: { causes: ['runner'], exitCodes: [137] } },
    )
    const end = async (finish: Parameters<EngineWorld['finish']>[1]) => {
      await world.finish((await world.lease())[0]!, finish)
      return (await world.job(pipeline, 'a')).state
    }
    expect(await end({ outcome: 'errored', cause: 'runner' })).toBe('ready')
    expect(await end({ outcome: 'failed', exitCode: 137, cause: 'script' })).toBe('ready')
    expect(await end({ outcome: 'failed', exitCode: 1, cause: 'script' })).toBe('failed')
    const attempts = await world.store.attempts((await world.job(pipeline, 'a')).id)
    expect(attempts.map(({ cause, exitCode }) => [cause, exitCode])).toEqual([
      ['runner', undefined],
      ['script', 137],
      ['script', 1],
    ])
  })

  test('is forgiven by its exit code until the job is tried anew', async () => {
    const pipeline = await world.begin({}, { name: 'a', allowFailureExitCodes: [42] })
    await world.runReady({ outcome: 'failed', exitCode: 42 })
    expect(await world.job(pipeline, 'a')).toMatchObject({ state: 'failed', forgiven: true })
    expect(await world.stateOf(pipeline.id)).toBe('succeeded')
    await world.actions.retry(await world.job(pipeline, 'a'))
    await world.runReady({ outcome: 'failed', exitCode: 1 })
    expect(await world.stateOf(pipeline.id)).toBe('failed')
  })
})

test('artifacts know until when they are kept, and reports are among them', async () => {
  const artifactRules = {
    exclude: [],
    untracked: false,
    when: 'always',
    reports: [{ kind: 'junit', paths: ['report.xml'] }],
    access: 'all',
    expireIn: 60_000,
  } as const
  const pipeline = await world.begin({}, { name: 'a', artifacts: ['**'], artifactRules })
  const [offer] = await world.lease({ labels: ['linux'] })
  expect(offer?.artifactRules).toMatchObject({ when: 'always', reports: artifactRules.reports })
  const file = { path: 'report.xml', digest: digestOf('x'), size: 1, executable: false }
  await world.finish(offer!, {
    outcome: 'failed',
    artifacts: [file],
    reports: [
      { kind: 'junit', path: 'report.xml' },
      { kind: 'junit', path: 'not-kept.xml' },
    ],
  })
  const [attempt] = await world.store.attempts((await world.job(pipeline, 'a')).id)
  expect(attempt).toMatchObject({
    artifacts: [file],
    reports: [{ kind: 'junit', path: 'report.xml' }],
    keepUntil: instant(1_000_000 + 60_000),
    runnerLabels: ['linux'],
  })
})
