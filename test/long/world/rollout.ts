import { z } from 'zod'
import { type RolloutView, rolloutViewSchema } from '../../../src/api/index.ts'
import { until } from './until.ts'
import type { World } from './world.ts'

/** The rollout of a version on its way, once its canary has answered somebody. */
export async function canaryOf({ made, load }: World, number: number): Promise<RolloutView> {
  const rollout = await until(
    `the canary of v${number}`,
    async () => {
      const all = await made.api.get('/models/digits/rollouts', z.array(rolloutViewSchema))
      return all.find(({ phase, candidate }) => phase === 'progressing' && candidate.number === number)
    },
    60_000,
  )
  const from = load.outcomes.length
  await until(
    `an answer of the canary of v${number}`,
    () => load.outcomes.slice(from).find(({ answer }) => answer?.arm === 'canary'),
    20_000,
  )
  return rollout
}
