import { branchMatches, type Fraction, formatPercent, type Milliseconds } from '../core/index.ts'
import type { EnvironmentPolicy } from './types.ts'

export type AskedStrategy = 'canary' | 'immediate' | 'blue-green' | 'recreate' | 'ab' | 'bandit'

/** A step of a canary, as a file asks for it. */
export interface AskedStep {
  readonly weight: Fraction
  readonly hold: Milliseconds
  /** It answers nobody, but gets so much beside what serves. */
  readonly shadow?: Fraction
}

/** What a pushed file asks of an environment. */
export interface DeployRequest {
  /** That was pushed to: `main`. */
  readonly branch: string
  /** Whether it asks for an approval. */
  readonly approve: boolean
  readonly steps: readonly AskedStep[]
  /**
   * Default `canary`. An experiment's split is its first step. All others begin with all of the traffic, and are bounded
   * like such a step.
   */
  readonly strategy?: AskedStrategy
}

/** What it gets. */
export type BoundedRequest =
  | {
      readonly allowed: true
      /** Whether a person must approve. */
      readonly approval: boolean
      /** Least role of who approves, where one must. */
      readonly approvers?: 'maintainer' | 'admin'
      readonly strategy: AskedStrategy
      readonly steps: readonly AskedStep[]
      /** What differs from what was asked, and why: a line each. */
      readonly reasons: readonly string[]
    }
  | { readonly allowed: false; readonly refusal: string }

/**
 * Bounds a file's request by the environment's policy: a pushed file requests, it never grants. The branch must
 * be one that may deploy; an approval is needed where either side wants one; no step before the first verdict
 * takes more traffic than allowed.
 *
 *   at most 25 %, asked 50 %, 75 %      -> 25 %, 75 %
 *   at most 25 %, asked for everything  -> a canary with one step of 25 %
 *   at most 25 %, a shadow alone        -> the shadow, then 25 %
 */
export function boundRequest(policy: EnvironmentPolicy, request: DeployRequest): BoundedRequest {
  const { environment, branches, approvers } = policy
  if (!branches.some(pattern => branchMatches(pattern, request.branch))) {
    const allowed = branches.length === 0 ? 'none' : branches.join(', ')
    return {
      allowed: false,
      refusal: `The policy of ${environment} does not let branch ${request.branch} deploy (allowed: ${allowed})`,
    }
  }
  const { strategy, steps, reasons } = boundSteps(policy, request)
  const approval = request.approve || approvers !== undefined
  if (approvers !== undefined && !request.approve) {
    reasons.push(
      `The policy of ${environment} asks for the approval of ${approvers === 'admin' ? 'an' : 'a'} ${approvers}`,
    )
  }
  return {
    allowed: true,
    approval,
    ...(approval && { approvers: approvers ?? 'maintainer' }),
    strategy,
    steps,
    reasons,
  }
}

function boundSteps({ environment, maxFirstStep }: EnvironmentPolicy, request: DeployRequest) {
  const asked = request.strategy ?? 'canary'
  const reasons: string[] = []
  if (asked !== 'canary' && asked !== 'ab' && asked !== 'bandit') {
    if (maxFirstStep >= 1) return { strategy: asked, steps: [], reasons }
    reasons.push(
      `The policy of ${environment} begins with ${formatPercent(maxFirstStep)} of the traffic, not with all of it`,
    )
    return { strategy: 'canary' as const, steps: [{ weight: maxFirstStep, hold: 0 }], reasons }
  }
  const shadows = request.steps.filter(({ shadow }) => shadow !== undefined)
  const [first, ...rest] = request.steps.filter(({ shadow }) => shadow === undefined)
  // Behind a shadow alone comes all of the traffic.
  const begins = first?.weight ?? (shadows.length > 0 ? 1 : 0)
  if (begins <= maxFirstStep) return { strategy: asked, steps: request.steps, reasons }
  reasons.push(
    `The policy of ${environment} begins with at most ${formatPercent(maxFirstStep)} of the traffic, not with ${formatPercent(begins)}`,
  )
  const bounded = { hold: 0, ...first, weight: maxFirstStep }
  return { strategy: asked, steps: [...shadows, bounded, ...rest], reasons }
}
