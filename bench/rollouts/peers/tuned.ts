/** Thresholds as somebody would set them who knew how each metric behaves on independent streams of a healthy version. */
import { SimulatedStream, type StreamLook } from '../../../src/rollout/index.ts'
import { scenarioOf } from '../scenarios.ts'
import { measure, seenByPeers } from './measure.ts'

/** Looks that one measurement stretches over. */
export const STRETCHES = [1, 5, 10] as const
/** Part of a healthy version's measurements that miss their threshold. */
export const MISSES = [0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0002] as const

const SAMPLES = 10_000
/** A seed of its own: no run is tuned on itself. */
const SEED = 77_777_777

/** For each part that misses, the threshold of each metric. */
export function tunedThresholds(stretch: number): readonly (readonly number[])[] {
  const scenario = scenarioOf('none')
  const metrics = seenByPeers(scenario)
  const stream = new SimulatedStream(scenario, 'independent', SEED + stretch)
  const values: number[][] = metrics.map(() => [])
  for (let sample = 0; sample < SAMPLES; sample++) {
    const looks: StreamLook[] = []
    for (let look = 0; look < stretch; look++) looks.push(stream.next())
    for (const [i, { canary }] of measure(looks, metrics).entries())
      if (canary !== undefined) values[i]!.push(canary)
  }
  const sorted = values.map(each => each.sort((a, b) => a - b))
  return MISSES.map(part => sorted.map(each => each[Math.ceil((1 - part) * each.length) - 1]!))
}
