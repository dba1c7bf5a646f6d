import type { Calendar } from '../../core/index.ts'
import { mismatch, type Placed, within } from '../../pipeline/index.ts'
import type { CanaryStep } from '../../rollout/index.ts'
import { mapOf, optional, type StructOf, struct } from '../reader/composites.ts'
import { byKind, placed, type Reader, refine } from '../reader/reader.ts'
import { choice, flag, nothing, text } from '../reader/scalars.ts'
import { duration } from '../reader/units.ts'
import type { EnvironmentRequest, PreviewRequest } from '../types.ts'
import { analysisRequest, analysisSection } from './analysis.ts'
import { experimentFields, experimentRequest, isRightExperiment, splitOf } from './experiment.ts'
import { logSection } from './log.ts'
import { variantChoice } from './optimize.ts'
import { branchPattern, previewSection } from './preview.ts'
import { canarySteps } from './steps.ts'
import { trafficSection } from './traffic.ts'
import { waveList } from './waves.ts'
import { windowList } from './windows.ts'

const PREVIEW = 'preview'
const MAX_ENVIRONMENTS = 20
const MONTH = 30 * 24 * 3_600_000
const DEFAULT_HOLD = 30 * 60_000

export const DEFAULT_STEPS: readonly CanaryStep[] = [0.05, 0.25, 0.5].map(weight => ({ weight, hold: 0 }))
const approval: Reader<boolean> = {
  schema: { enum: ['maintainers', false] },
  expected: 'maintainers, or false',
  read(node, place) {
    if (node.kind === 'scalar' && node.value === 'maintainers') return true
    if (node.kind === 'scalar' && node.value === false) return false
    return mismatch(node, place, 'maintainers, or false')
  },
}

const fields = {
  branch: optional(
    branchPattern,
    'branches that deploy here (* stands for any characters); default: the default branch',
  ),
  strategy: optional(
    choice(['canary', 'immediate', 'blue-green', 'recreate', 'ab', 'bandit']),
    'by steps, or all traffic at once: beside what serves, which blue-green lets go after its hold, or in its place; or as an experiment',
    'canary',
  ),
  ...experimentFields,
  hold: optional(duration(0, MONTH, '0s to 30d'), 'blue-green keeps the version before so long', '30m'),
  steps: optional(canarySteps, 'parts of the traffic; each is held until the analysis can decide', [
    '5%',
    '25%',
    '50%',
  ]),
  waves: optional(
    waveList,
    'regions of gateways that take the steps one after the other, or several at once',
  ),
  from: optional(
    placed(text({ expected: 'the name of another environment', maxLength: 40 })),
    'an environment in which a version must have been promoted before it comes here',
  ),
  approve: optional(approval, 'who must approve before anything is deployed', false),
  freeze: optional(windowList, 'when no rollout moves on here, such as Fri 18:00 - Mon 08:00 Europe/Berlin'),
  schedule: optional(windowList, 'the only times at which rollouts move on here; by default, always'),
  supersede: optional(flag(), 'whether a newer version replaces older ones that still wait', false),
  analysis: optional(analysisSection, 'what a canary is judged on, against a baseline of the same share'),
  variant: optional(
    placed(variantChoice),
    'which variant serves: what optimize: chose, the original, or one by name',
    'auto',
  ),
  traffic: optional(trafficSection, 'how requests are shared out beside the steps'),
  log: optional(logSection, 'what gateways write down of requests and answers; nothing by default'),
}
type WrittenEnvironment = Partial<StructOf<typeof fields>>

const STRATEGY_NAMES = {
  canary: 'A canary',
  immediate: 'An immediate',
  'blue-green': 'A blue-green',
  recreate: 'A recreating',
  ab: 'An A/B',
  bandit: 'A bandit',
} as const

/** `production:` alone asks for every default. */
const environment = refine(
  byKind({ scalar: nothing, map: struct({ what: 'an environment', fields }) }),
  (written: WrittenEnvironment, node, place) => {
    if (!isRightExperiment(written, node, place)) return undefined
    const { strategy = 'canary', steps, hold } = written
    if (strategy !== 'canary' && steps !== undefined) {
      const hint = 'leave steps out, or take strategy: canary'
      const message = `${STRATEGY_NAMES[strategy]} deployment has no steps`
      return place.findings.error(node.at, 'BAD_VALUE', message, { hint })
    }
    if (strategy !== 'canary' && written.waves !== undefined) {
      const hint = 'leave waves out, or take strategy: canary'
      const message = `${STRATEGY_NAMES[strategy]} deployment has no waves`
      return place.findings.error(node.at, 'BAD_VALUE', message, { hint })
    }
    const hasShadow = strategy === 'canary' && steps?.some(({ shadow }) => shadow !== undefined)
    if (written.analysis?.agreement !== undefined && !hasShadow) {
      const hint = 'begin the steps with a shadow, such as steps: [shadow 10m, 5%, 25%, 50%]'
      const message = 'Only a shadow answers what stable answers too: agreement has nothing to compare'
      return place.findings.error(node.at, 'BAD_VALUE', message, { hint })
    }
    if (strategy === 'blue-green' || hold === undefined) return written
    const hint = 'leave hold out, or take strategy: blue-green; a step of a canary has a hold of its own'
    const message = `${STRATEGY_NAMES[strategy]} deployment has no hold`
    return place.findings.error(node.at, 'BAD_VALUE', message, { hint })
  },
)

/** Asks for environments; the branch is open where the default branch is meant. */
export type WrittenRequest = Omit<EnvironmentRequest, 'branch' | 'variant' | 'from'> & {
  readonly branch: string | undefined
  readonly from?: Placed<string>
  readonly variant?: Placed<string>
}

export interface WrittenDeploy {
  readonly environments: readonly WrittenRequest[]
  readonly preview?: PreviewRequest
}

const named = mapOf({
  key: {
    pattern: /^(?!preview-)[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/,
    expected: "lower-case letters, digits and '-', 40 at most, and no preview-… (so previews are named)",
    maxLength: 40,
  },
  value: environment,
  max: MAX_ENVIRONMENTS,
})

/** Environments by name, and among them `preview`, which is not one but one for each branch. */
export const deploySection: Reader<WrittenDeploy> = {
  schema: { ...named.schema, properties: { [PREVIEW]: previewSection.schema } },
  expected: named.expected,
  read(node, place) {
    if (node.kind !== 'map') return mismatch(node, place, named.expected)
    const entry = node.entries.find(({ key }) => key === PREVIEW)
    const preview = entry && previewSection.read(entry.value, within(place, PREVIEW))
    const rest = named.read({ ...node, entries: node.entries.filter(({ key }) => key !== PREVIEW) }, place)
    if (!rest || (entry && !preview)) return undefined
    return {
      environments: rest.map(({ name, value }) => request(name, value)),
      ...(preview && { preview }),
    }
  },
}

export function request(name: string, written: WrittenEnvironment = {}): WrittenRequest {
  const { branch, strategy = 'canary', steps = DEFAULT_STEPS, approve = false, analysis, log } = written
  const traffic = log ? { ...written.traffic, log } : written.traffic
  const calendar = calendarOf(written)
  const experiment = experimentRequest(written)
  return {
    name,
    branch,
    strategy,
    ...(strategy === 'blue-green' && { holdMs: written.hold ?? DEFAULT_HOLD }),
    steps: strategy === 'canary' ? steps : experiment ? [{ weight: splitOf(written), hold: 0 }] : [],
    ...(experiment && { experiment }),
    approve,
    analysis: analysisRequest(analysis),
    ...(written.waves && { waves: written.waves }),
    ...(written.from && { from: written.from }),
    ...(written.variant && { variant: written.variant }),
    ...(traffic && { traffic }),
    ...(calendar && { calendar }),
    ...(written.supersede && { supersede: true }),
  }
}

function calendarOf({ freeze = [], schedule = [] }: WrittenEnvironment): Calendar | undefined {
  return freeze.length + schedule.length > 0 ? { freeze, schedule } : undefined
}
