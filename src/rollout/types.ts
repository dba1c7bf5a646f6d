import type {
  Calendar,
  Closure,
  Fraction,
  Instant,
  Milliseconds,
  RolloutId,
  Verdict,
  VersionId,
} from '../core/index.ts'
import type { EvidencePolicy } from './evidence/decide.ts'
import type { Evidence } from './evidence/types.ts'
import type { AbPlan, BanditPlan, ExperimentCounts, LedgerOutcomes } from './experiment/types.ts'

/** Who answers a request during a rollout. `baseline`: a fresh replica of the stable version, compared with the canary. */
export const ARMS = ['stable', 'baseline', 'canary'] as const
export type Arm = (typeof ARMS)[number]

export interface CanaryStep {
  /** Part of the traffic that the canary takes; the baseline takes as much again (up to what is left). */
  readonly weight: Fraction
  /** Least time at this step; the analysis must have passed as well. */
  readonly hold: Milliseconds
  /** The candidate gets this part of the requests beside stable, and answers nobody: the weight is 0 then. */
  readonly shadow?: Fraction
  /** Which of the strategy's waves takes it, from 0. */
  readonly wave?: number
}

/** What a canary is judged on, against the baseline of the same share. */
export interface AnalysisSpec {
  /** The canary's error rate may exceed the baseline's by less than this (absolute). */
  readonly errorMargin: Fraction
  /** The canary's latency quantile may exceed the baseline's by less than this (relative: 0.5 is 50 %). */
  readonly latencyMargin: Fraction
  /** Which quantile: 0.5, 0.9, 0.95 … */
  readonly latencyQuantile: Fraction
  /** 1 − the declared false-decision budget over all metrics, looks and steps; default 0.95. */
  readonly confidence: Fraction
  /** Part of each margin within which a canary is not rolled back; absent: a fifth. */
  readonly tolerance?: Fraction
  /** The canary's rate of wrong answers, of those labelled, may exceed the baseline's by less than this (absolute). */
  readonly accuracyMargin?: Fraction
  /** In a shadow, the candidate may decide otherwise than stable on less than this part of the requests. */
  readonly agreementMargin?: Fraction
  /** Fewest requests in each arm before `passed`; default 50. A failure may come earlier: its test is valid at any count. */
  readonly minRequests: number
}

export type Strategy =
  | {
      readonly kind: 'canary'
      readonly steps: readonly CanaryStep[]
      readonly analysis: AnalysisSpec
      /** Regions of gateways in the order in which they take the steps; absent: all at once. */
      readonly waves?: readonly (readonly string[])[]
    }
  /** All traffic at once after warm-up and parity check: a first version, a rollback, or asked for, and then why. */
  | { readonly kind: 'immediate'; readonly why?: string }
  /** As immediate; the version before is kept loaded so long, and no longer. */
  | { readonly kind: 'blue-green'; readonly hold: Milliseconds }
  /** What serves is ended before the candidate is loaded, where there is no memory for both. */
  | { readonly kind: 'recreate' }
  /** Two versions side by side, decided once. */
  | ({ readonly kind: 'ab' } & AbPlan)
  /** Two versions by reward: the better one gets more of the traffic. */
  | ({ readonly kind: 'bandit' } & BanditPlan)

/** Which version a rule or a mirror means: an arm, the stable version before, or a version by number. */
export type TrafficTarget = Arm | 'previous' | number

/** A request whose header says so goes to that version, where it serves. */
export interface TrafficRule {
  /** Lower case. */
  readonly header: string
  readonly match:
    | { readonly kind: 'is'; readonly text: string }
    | { readonly kind: 'begins'; readonly text: string }
    | { readonly kind: 'present' }
  readonly to: TrafficTarget
}

/** How an environment's requests are shared out, beside the weights. */
export interface TrafficPlan {
  /** By what a caller is known, so that it stays with its arm. */
  readonly sticky?:
    | { readonly kind: 'header'; readonly name: string }
    | { readonly kind: 'cookie'; readonly name: string; readonly maxAgeMs: Milliseconds }
  /** The first that matches decides. */
  readonly rules?: readonly TrafficRule[]
  /** A share of the requests is sent to this version too, whose answers nobody gets. */
  readonly mirror?: {
    readonly to: 'canary' | 'previous' | number
    readonly share: Fraction
    /** What is kept of each pair of answers: digests and how far they differ, or the answers themselves as well. */
    readonly keep: 'digests' | 'answers'
  }
  /** What gateways write down of requests. */
  readonly log?: LogPlan
}

/** A request log: `deploy.<environment>.log` of a file. */
export interface LogPlan {
  /** Of the requests, by their ids. */
  readonly share: Fraction
  /** Fields and tensors that are never written: names that follow each other, with dots between. */
  readonly redact: readonly string[]
  /** Binary tensors and other bodies as they are, not their digests alone. */
  readonly bodies: boolean
  readonly keepMs: Milliseconds
  readonly limitBytes: number
}

export const ROLLOUT_PHASES = ['queued', 'preparing', 'progressing', 'promoted', 'aborted'] as const
/**
 * queued: behind another rollout of the same model and environment. preparing: replicas load, warm, are checked.
 * progressing: takes traffic by steps. promoted / aborted: ended.
 */
export type RolloutPhase = (typeof ROLLOUT_PHASES)[number]

/** A person's word that a rollout need not wait for the calendars. */
export interface Override {
  readonly by: string
  readonly at: Instant
  readonly reason?: string
}

/** A person's word that a rollout stays where it stands: it is judged on, and still ends where it is harmful. */
export interface Pause {
  readonly by: string
  readonly at: Instant
  readonly reason?: string
  /** Absent: until somebody resumes it. */
  readonly until?: Instant
}

export interface Rollout {
  readonly id: RolloutId
  readonly model: string
  readonly environment: string
  readonly candidate: VersionId
  /** What serves now; absent for the first version. */
  readonly stable?: VersionId
  readonly strategy: Strategy
  readonly phase: RolloutPhase
  /** Index into the strategy's steps; 0 while preparing. */
  readonly step: number
  /** Part of the traffic that the candidate takes now: 0 until progressing, 1 when promoted. */
  readonly weight: Fraction
  readonly createdAt: Instant
  readonly stepStartedAt: Instant
  readonly endedAt?: Instant
  /** Why it ended or holds, with the figures. */
  readonly reason?: string
  /** When its file lets it move on; the policy of its environment has a calendar of its own. */
  readonly calendar?: Calendar
  readonly override?: Override
  readonly pause?: Pause
  /** Older ones that still wait when it comes are needless. */
  readonly supersede?: true
  readonly supersededBy?: RolloutId
}

/**
 * Cumulative counts of one arm since the present step began. `latency` is a sparse log-bucket histogram of
 * successful requests: bucket i counts durations in (GROWTH^(i−1), GROWTH^i] microseconds (`latencyBucket`).
 */
export interface ArmCounts {
  readonly requests: number
  /** Answers 5xx, time-outs, lost replicas: what the model's side did wrong; never a client's 4xx. */
  readonly errors: number
  readonly latency: Readonly<Record<number, number>>
}

/**
 * Cumulative counts of a shadow step: requests that stable answered, and beside it the candidate, whose answer nobody
 * got. Latencies as `ArmCounts` has them: of each side's successful answers to the same requests.
 */
export interface ShadowCounts {
  /** Both came to an end. */
  readonly pairs: number
  /** Both succeeded, and say the same to the byte. Never more than `agreed`. */
  readonly identical: number
  /** Both succeeded, and decide the same. Never more than `compared`. */
  readonly agreed: number
  /** Both succeeded, and were looked into: all, but where there was no time for it. */
  readonly compared: number
  /** Answers 5xx, time-outs, lost replicas. */
  readonly primaryErrors: number
  readonly mirrorErrors: number
  /** Not mirrored, as the candidate was behind or away. */
  readonly dropped: number
  readonly primaryLatency: ArmCounts['latency']
  readonly latency: ArmCounts['latency']
}

export interface MetricAnalysis {
  readonly metric: string
  readonly verdict: Verdict
  /** Confidence interval of canary − baseline (errors) or of canary / baseline − 1 (latency). */
  readonly interval: readonly [low: number, high: number]
  readonly canary: number
  readonly baseline: number
  readonly margin: number
  readonly summary: string
  /** Evidence in nats, and how much of it would decide alone: for "harmful", and for "within the margin". */
  readonly evidence?: {
    readonly harm: number
    readonly harmNeeded: number
    readonly pass: number
    readonly passNeeded: number
  }
}

export interface Analysis {
  readonly verdict: Verdict
  readonly metrics: readonly MetricAnalysis[]
  readonly canaryRequests: number
  readonly baselineRequests: number
  /** Part of the false-rollback budget that all evidence of harm together has used; 1: rolled back. */
  readonly spent?: Fraction
  /** For an inconclusive verdict: about how many more requests in each arm it takes. */
  readonly requestsMissing?: number
  /** Requests a second that each arm gets now. */
  readonly armPerSecond?: number
}

/** All that a verdict was decided from: `decide` gives it again, elsewhere and later. */
export interface Basis {
  readonly policy: EvidencePolicy
  readonly evidence: readonly Evidence[]
}

/** What may happen to a rollout. */
export type RolloutEvent =
  | { readonly kind: 'dequeued'; readonly stable?: VersionId }
  | { readonly kind: 'replicas-ready' }
  | { readonly kind: 'replicas-failed'; readonly reason: string }
  /** `step`: which step's counts it judged; an analysis of another step than the present is ignored. */
  | {
      readonly kind: 'analysed'
      readonly analysis: Analysis
      readonly step?: number
      readonly basis?: Basis
      /** What must be there before the next step. */
      readonly awaits?: string
    }
  /** An experiment is over, and decided: from these counts, after so long. */
  | {
      readonly kind: 'concluded'
      readonly analysis: Analysis
      readonly step: number
      readonly seen: ExperimentCounts
      readonly elapsed: Milliseconds
    }
  /** A bandit's candidate gets another share, or the bandit ends: by these rewards, after so long. */
  | {
      readonly kind: 'reweighed'
      readonly analysis: Analysis
      readonly step: number
      readonly share: Fraction
      readonly rewards: readonly LedgerOutcomes[]
      readonly elapsed: Milliseconds
    }
  | {
      readonly kind: 'settled'
      readonly analysis: Analysis
      readonly step: number
      readonly rewards: readonly LedgerOutcomes[]
      readonly elapsed: Milliseconds
    }
  /** A newer one came while it waited. */
  | { readonly kind: 'superseded'; readonly by: RolloutId }
  /** What it comes from does not vouch for its candidate any more. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** A calendar does not let it move on now. */
  | { readonly kind: 'closed'; readonly closure: Closure }
  /** It moves on whatever the calendars say. */
  | { readonly kind: 'override'; readonly by: string; readonly reason?: string }
  /** It stays where it stands, for a time or until it is resumed. */
  | {
      readonly kind: 'pause'
      readonly by: string
      readonly reason?: string
      readonly forMs?: Milliseconds
    }
  | { readonly kind: 'resume'; readonly by: string; readonly reason?: string }
  | { readonly kind: 'pause-over' }
  | { readonly kind: 'promote'; readonly by: string; readonly reason?: string }
  | { readonly kind: 'abort'; readonly by: string; readonly reason?: string }
