import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { EngineWorld } from '../../../../test/server/engine.ts'
import { type AttemptId, digestOf, type Instant } from '../../../core/index.ts'
import type { PlannedJob } from '../../../pipeline/index.ts'
import { type KeptArtifacts, keptArtifacts } from './kept-artifacts.ts'
import { inPlaceOf, OldLogs } from './old-logs.ts'

let world: EngineWorld
beforeEach(async () => {
  world = await EngineWorld.open()
})
afterEach(() => world.plane.close())

const DAY = 24 * 3_600_000
const file = (name: string) => ({
  path: name,
  digest: digestOf(Buffer.from(name)),
  size: name.length,
  executable: false,
})
const rules = (expireIn: number): Partial<PlannedJob> => ({
  artifactRules: { when: 'on_success', exclude: [], untracked: false, reports: [], access: 'all', expireIn },
})
async function all(found: AsyncIterable<KeptArtifacts>): Promise<readonly KeptArtifacts[]> {
  const some: KeptArtifacts[] = []
  for await (const each of found) some.push(each)
  return some
}
const kept = async () =>
  (await all(keptArtifacts(world.plane.plane))).flatMap(({ files }) => files.map(({ digest }) => digest))

test('what jobs keep is in use until a day after it has expired, and without an end for ever', async () => {
  await world.begin({}, { name: 'short', ...rules(1000) }, { name: 'kept' }, { name: 'nothing' })
  for (const offer of await world.lease()) {
    const { jobName } = offer
    await world.finish(offer, { artifacts: jobName === 'nothing' ? [] : [file(jobName), file('both')] })
  }
  const [short, long, both] = ['short', 'kept', 'both'].map(name => file(name).digest)
  expect((await kept()).toSorted()).toEqual([short, both, long, both].toSorted())
  world.plane.pass(1000 + DAY - 1)
  expect(await kept()).toContain(short)
  world.plane.pass(1)
  expect(await kept()).toEqual([long, both])
})

test('it is read over all pages, an attempt once', async () => {
  const names = Array.from({ length: 230 }, (_, i) => `job-${i}`)
  await world.begin({}, ...names.map(name => ({ name })))
  for (let ran = 0; ran < names.length; ) {
    const offers = await world.lease()
    expect(offers).not.toHaveLength(0)
    for (const offer of offers) await world.finish(offer, { artifacts: [file(offer.jobName)] })
    ran += offers.length
  }
  const digests = await kept()
  expect(digests).toHaveLength(names.length)
  expect(new Set(digests)).toEqual(new Set(names.map(name => file(name).digest)))
})

test('folders and files of failed attempts', async () => {
  await world.begin({}, { name: 'fails' })
  const [offer] = await world.lease()
  const folder = {
    path: 'empty',
    digest: digestOf(Buffer.from('')),
    size: 0,
    executable: false,
    folder: true,
  }
  await world.finish(offer!, { outcome: 'failed', exitCode: 1, artifacts: [folder, file('report.xml')] })
  expect(await kept()).toEqual([file('report.xml').digest])
})

test('logs of attempts that have ended long ago are removed, with their times', async () => {
  const old = await world.begin({}, { name: 'a' }, { name: 'b' })
  const [done, running] = await world.lease()
  for (const { attempt } of [done!, running!])
    await world.logs.append(attempt as AttemptId, 0, Buffer.from('a word\n'))
  await world.finish(done!)
  const oldLogs = new OldLogs(world.plane.plane, world.logs)
  const folder = join(world.plane.plane.settings.dataDir, 'attempt-logs')
  const before = await readdir(folder)
  await oldLogs.prune((Date.now() - DAY) as Instant)
  expect(await readdir(folder)).toEqual(before)
  await oldLogs.prune((Date.now() + DAY) as Instant)
  expect((await readdir(folder)).toSorted()).toEqual([`${running!.attempt}.log`, `${running!.attempt}.times`])
  const [ended] = await world.store.attempts((await world.job(old, done!.jobName)).id)
  expect(inPlaceOf(ended!, 0)).toMatch(/removed/)
  expect(inPlaceOf(ended!, 7)).toBeUndefined()
  expect(inPlaceOf({ ...ended!, logBytes: 0 }, 0)).toBeUndefined()
})
