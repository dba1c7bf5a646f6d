import { afterAll, beforeAll, expect, test } from 'vitest'
import { ServingWorld } from '../fixtures/serving-world.ts'
import { soak } from './soak/soak.ts'

/** A minute here; `SOAK_SECONDS=3600 npx vitest run --project long test/long/serving-soak.test.ts` for an hour. */
const SECONDS = Number(process.env['SOAK_SECONDS'] ?? 60)
const MB = 2 ** 20
/** Of a process that holds no model. */
const MOST = 512 * MB

// A heap of its own choice grows for minutes; with a small young generation, what grows is a leak.
const world = new ServingWorld({ NODE_OPTIONS: '--max-semi-space-size=4' })
beforeAll(() => world.start())
afterAll(() => world.stop())

test(
  'good and hostile requests, kills and switches: no wrong answer, none lost, memory flat',
  async () => {
    const { good, attacks, kills, switches, problems, memory } = await soak(world, SECONDS)
    console.log(`${good} good requests, ${attacks} attacks, ${kills} kills, ${switches} switches`)
    expect(problems).toEqual([])
    expect(good).toBeGreaterThan(SECONDS * 10)
    expect(attacks).toBeGreaterThan(SECONDS)
    expect(kills).toBeGreaterThan(0)
    expect(switches).toBeGreaterThan(0)
    for (const [role, samples] of Object.entries(memory)) {
      const [early, late] = [quarter(samples, 1), quarter(samples, 3)]
      console.log(
        `${role}: ${(early / MB).toFixed(0)} MB in the second quarter, ${(late / MB).toFixed(0)} MB in the last`,
      )
      expect(Math.max(...samples)).toBeLessThan(MOST)
      expect(late).toBeLessThan(early * 1.25 + 20 * MB)
    }
  },
  (SECONDS + 120) * 1000,
)

/** The median of a quarter of the samples. */
function quarter(samples: readonly number[], index: number): number {
  const part = samples.slice(
    Math.floor((samples.length * index) / 4),
    Math.floor((samples.length * (index + 1)) / 4),
  )
  return part.toSorted((a, b) => a - b)[Math.floor(part.length / 2)] ?? Number.NaN
}
