import { type Fraction, type Milliseconds, parseDuration, parsePercent } from '../../core/index.ts'
import { type Located, mismatch } from '../../pipeline/index.ts'
import { EXPERIMENT_METRICS, type Horizon, type TrafficPlan } from '../../rollout/index.ts'
import { optional, type StructOf } from '../reader/composites.ts'
import { type Place, type Reader, refine } from '../reader/reader.ts'
import { choice, integer, text } from '../reader/scalars.ts'
import { duration, percent } from '../reader/units.ts'
import type { ExperimentRequest } from '../types.ts'

const DAY: Milliseconds = 24 * 3_600_000
const [MIN_TIME, MAX_TIME]: readonly [Milliseconds, Milliseconds] = [60_000, 400 * DAY]
/** Fewer tell nothing, and a test of so many is as good as certain. */
const [MIN_REQUESTS, MAX_REQUESTS] = [100, 1_000_000_000]
const DEFAULT_SPLIT: Fraction = 0.5
const DEFAULT_BANDIT = {
  explore: 0.05,
  every: 10 * 60_000,
  minRewards: 500,
  horizon: { kind: 'time', ms: 30 * DAY },
} as const

const HORIZON = 'a number of requests such as 20000 requests (from 100), or a time such as 14d (1m to 400d)'
const horizon: Reader<Horizon> = refine(
  text({
    expected: HORIZON,
    pattern: /^\s*(\d{1,10}\s+requests|(\d+(\.\d+)?\s*(s|m|min|h|d|w)\s*)+)\s*$/,
    maxLength: 40,
  }),
  (written, node, place): Horizon | undefined => {
    const [, requests] = /^\s*(\d+)\s+requests/.exec(written) ?? []
    if (requests !== undefined) {
      const count = Number(requests)
      if (count >= MIN_REQUESTS && count <= MAX_REQUESTS) return { kind: 'requests', requests: count }
      return mismatch(node, place, HORIZON)
    }
    const ms = parseDuration(written)
    return ms >= MIN_TIME && ms <= MAX_TIME ? { kind: 'time', ms } : mismatch(node, place, HORIZON)
  },
)

const EFFECT = 'a percentage such as 1%, or of rewards a number above 0'
const effect: Reader<number> = {
  schema: { anyOf: [percent().schema, { type: 'number', exclusiveMinimum: 0, maximum: 1e12 }] },
  expected: EFFECT,
  read(node, place) {
    const value = node.kind === 'scalar' ? node.value : undefined
    if (typeof value === 'number' && value > 0 && value <= 1e12) return value
    const isPercent = typeof value === 'string' && /^\s*\d{1,2}(\.\d+)?\s*%\s*$/.test(value)
    const part = isPercent ? parsePercent(value) : 0
    return part > 0 ? part : mismatch(node, place, EFFECT)
  },
}

/** Keys of an environment that only experiments have. */
export const experimentFields = {
  split: optional(
    percent(),
    "an experiment's part of the traffic for the candidate; a bandit's at first",
    '50%',
  ),
  metric: optional(choice(EXPERIMENT_METRICS), 'what an A/B is decided by'),
  horizon: optional(
    horizon,
    'when an A/B is decided, once: at so many values of its metric, or after so long; when a bandit ends at the latest',
  ),
  effect: optional(
    effect,
    'the smallest difference that an A/B is to tell, or by how much less is as good to a bandit: 1%, or a number of rewards',
  ),
  otherwise: optional(
    choice(['keep', 'wait']),
    'what comes of an A/B that shows nothing: stable stays, or a person decides',
    'keep',
  ),
  explore: optional(percent(), "what each of a bandit's versions keeps of the traffic", '5%'),
  every: optional(
    duration(1000, DAY, '1s to 24h'),
    "least time between two changes of a bandit's shares",
    '10m',
  ),
  min_rewards: optional(
    integer(1, 1_000_000_000),
    'fewest rewards of each version before a bandit promotes',
    DEFAULT_BANDIT.minRewards,
  ),
}
type Written = Partial<StructOf<typeof experimentFields>> & {
  readonly strategy?: string | undefined
  readonly traffic?: TrafficPlan | undefined
  readonly log?: unknown
}

/** Which strategies have a key, where not both do. */
const ONLY: Readonly<Record<string, 'ab' | 'bandit'>> = {
  metric: 'ab',
  otherwise: 'ab',
  explore: 'bandit',
  every: 'bandit',
  min_rewards: 'bandit',
}

type Tell = (message: string, hint: string) => false

/** Whether an experiment has all that it needs, and nothing else any of its keys; tells what is wrong. */
export function isRightExperiment(written: Written, node: Located, place: Place): boolean {
  const tell: Tell = (message, hint) => {
    place.findings.error(node.at, 'BAD_VALUE', message, { hint })
    return false
  }
  const { strategy, split = DEFAULT_SPLIT } = written
  const stranger = Object.keys(experimentFields).find(key => isStrange(written, key))
  if (stranger !== undefined) {
    const way = ONLY[stranger] ?? 'ab or bandit'
    return tell(`${stranger} is for experiments`, `leave ${stranger} out, or take strategy: ${way}`)
  }
  if (strategy !== 'ab' && strategy !== 'bandit') return true
  if (!(split > 0 && split < 1))
    return tell('An experiment needs two versions', 'give split from above 0% to below 100%')
  return strategy === 'ab' ? isRightAb(written, tell) : isRightBandit(written, tell)
}

function isStrange(written: Written, key: string): boolean {
  if (Reflect.get(written, key) === undefined) return false
  const { strategy } = written
  return strategy !== (ONLY[key] ?? strategy) || (strategy !== 'ab' && strategy !== 'bandit')
}

function isRightAb({ metric, horizon, effect, traffic, log }: Written, tell: Tell): boolean {
  if (metric === undefined || horizon === undefined || effect === undefined)
    return tell(
      'An A/B needs a metric, a horizon and an effect',
      'such as metric: reward, horizon: 20000 requests, effect: 1%; `ballast rollout simulate-ab` shows what they tell',
    )
  if (metric !== 'reward' && effect >= 1)
    return tell(`An effect on ${metric} is a part of all`, 'give effect as a percentage below 100%')
  if (traffic?.sticky === undefined)
    return tell(
      'An A/B needs callers that stay with their version',
      'say by what they are known: traffic: { sticky: { header: X-User-Id } }, or { cookie: ballast-arm }',
    )
  return (metric !== 'reward' && metric !== 'accuracy') || log !== undefined || isUnlogged(tell)
}

function isRightBandit({ effect, explore = DEFAULT_BANDIT.explore, log }: Written, tell: Tell): boolean {
  if (effect === undefined)
    return tell('A bandit needs an effect', 'say by how much less reward is as good: effect: 1%')
  if (!(explore > 0 && explore < 0.5))
    return tell('Both versions of a bandit keep some traffic', 'give explore from above 0% to below 50%')
  return log !== undefined || isUnlogged(tell)
}

function isUnlogged(tell: Tell): false {
  return tell(
    'Feedback comes later, and is joined with logged requests',
    'add log: { sample: 100% }; a sample of 10% counts a tenth of the feedback',
  )
}

/** Of one that `isRightExperiment` let through. */
export function experimentRequest(written: Written): ExperimentRequest | undefined {
  const { strategy, metric, horizon, effect, otherwise = 'keep' } = written
  if (effect === undefined) return undefined
  if (strategy === 'ab') return metric && horizon && { kind: 'ab', metric, horizon, effect, otherwise }
  if (strategy !== 'bandit') return undefined
  const { explore = DEFAULT_BANDIT.explore, every = DEFAULT_BANDIT.every } = written
  const minRewards = written.min_rewards ?? DEFAULT_BANDIT.minRewards
  const end = horizon ?? DEFAULT_BANDIT.horizon
  return { kind: 'bandit', explore, every, minRewards, margin: effect, horizon: end }
}

export function splitOf({ split = DEFAULT_SPLIT }: Written): Fraction {
  return split
}
