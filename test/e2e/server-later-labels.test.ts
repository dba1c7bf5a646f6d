import { expect, test } from 'vitest'
import type { ArmQuality, LogView, ModelQuality } from '../../src/api/index.ts'
import { startRollouts } from '../server/rollouts.ts'
import { modelFiles } from '../server/world.ts'

const { world, host, gateway, release, inPhase } = await startRollouts()

const yaml = (analysis: string) => `model: model.onnx
deploy:
  production:
    steps: [50%]
    analysis: ${analysis}
    log: { sample: 100% }
`

/** A model of two versions; labels of the rollout had no word against the second. */
async function twoVersions(name: string, analysis: string): Promise<readonly [string, string]> {
  const repository = await world.repository(name, modelFiles(yaml(analysis)))
  const versions: string[] = []
  for (const number of [1, 2]) {
    const { id, candidate } = await release(name, repository, number)
    versions.push(candidate.id)
    if (number === 1) await inPhase(id, 'promoted')
    else {
      await inPhase(id, 'progressing')
      await world.admin('POST', `/rollouts/${id}/promote`, {})
    }
  }
  return [versions[0]!, versions[1]!]
}

let told = 0
function labels(
  model: string,
  ...versions: readonly (readonly [version: string, wrong: number, total: number])[]
) {
  const sums = { count: 0, sum: 0, squares: 0 }
  const arms = versions.map(
    ([version, wrong, total]): ArmQuality => ({
      ...{ version, arm: 'stable', labelled: total, incomparable: 0, correct: total - wrong, wrong },
      ...{ errors: { ...sums, absolute: 0 }, scores: sums, rewards: sums },
    }),
  )
  const quality: ModelQuality = {
    ...{ ledger: `of ${model}`, n: ++told, environment: 'production', model },
    ...{ arms, pairs: [] },
  }
  return gateway.report([], { quality: [quality] })
}

const returned = (name: string) => async () =>
  (await world.rollouts(name)).find(
    ({ by, phase }) => by === 'labels that came later' && phase === 'promoted',
  )

test('what labels show to be harmful goes back to the version before, by itself and with the reason', async () => {
  const [first, second] = await twoVersions('sorry', '{ accuracy: 2% }')
  await labels('sorry', [first, 200, 2000], [second, 600, 2000])
  const rollout = await host.serveUntil('the return', returned('sorry'))
  expect(rollout.candidate.id).toBe(first)
  expect(rollout.reason).toContain('wrong by labels 30 % of 2,000, and 10 % of 2,000 before it')
  expect(await gateway.weights('sorry')).toStrictEqual({ 'stable v1': 1 })
  const { entries } = await world.admin<LogView>('GET', '/models/sorry/log')
  expect(JSON.stringify(entries)).toContain('labels that came later')
})

test('who went back by hand is not overruled; nor is what is good, or not asked for', async () => {
  const [first, second] = await twoVersions('by-hand', '{ accuracy: 2% }')
  await world.admin('POST', '/models/by-hand/rollback', { environment: 'production' })
  await host.serveUntil('version 1', async () => (await gateway.weights('by-hand'))['stable v1'] === 1)
  await labels('by-hand', [first, 600, 2000], [second, 200, 2000])
  const [good, better] = await twoVersions('good', '{ accuracy: 2% }')
  await labels('good', [good, 200, 2000], [better, 210, 2000])
  const [one, other] = await twoVersions('unasked', '{ errors: 1% }')
  await labels('unasked', [one, 200, 2000], [other, 600, 2000])
  // The last of all to be looked at: what was told before it was looked at too.
  const [last, worst] = await twoVersions('zz-last', '{ accuracy: 2% }')
  await labels('zz-last', [last, 200, 2000], [worst, 600, 2000])
  await host.serveUntil('the return of the last', returned('zz-last'))
  for (const name of ['by-hand', 'good', 'unasked']) expect(await returned(name)()).toBeUndefined()
})
