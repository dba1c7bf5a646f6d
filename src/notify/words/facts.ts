import type { Decision, Fraction, Instant } from '../../core/index.ts'
import type { ApprovalNews, PipelineNews, RolloutNews } from '../types.ts'

interface Common {
  readonly project: string
  readonly at: Instant
  /** Of the page where it is shown. */
  readonly link: string
}

/** Numbers of versions; absent where a version is gone. */
export interface RolloutFacts extends Common {
  readonly kind: RolloutNews['kind']
  readonly rollout: string
  readonly model: string
  readonly environment: string
  readonly version?: number
  readonly stable?: number
  readonly weight: Fraction
  readonly reason: string
  readonly by: string
  readonly decision?: Decision
  readonly isRollback: boolean
}

export interface ApprovalFacts extends Common {
  readonly kind: ApprovalNews['kind']
  readonly pipeline: number
  readonly job: string
  readonly environment: string
  /** Absent where a script deploys, and no model. */
  readonly model?: string
  readonly version?: number
  readonly reason: string
  readonly until?: Instant
}

export interface PipelineFacts extends Common {
  readonly kind: PipelineNews['kind']
  readonly pipeline: number
  readonly branch: string
  readonly commit: string
  /** First line of the commit's message. */
  readonly title: string
  readonly by: string
  /** Names of the jobs that failed, and what was wrong with the file. */
  readonly reason: string
}

export interface TestFacts extends Common {
  readonly kind: 'test'
  readonly by: string
}

/** News with everything looked up that its sentence needs. */
export type Facts = RolloutFacts | ApprovalFacts | PipelineFacts | TestFacts

/** As it is read by people. */
export interface Message {
  /** One line, without a full stop. */
  readonly title: string
  /** The plain sentence why; empty where there is no more to say. */
  readonly reason: string
  /** Who, what, where: label and value. */
  readonly details: readonly (readonly [label: string, value: string])[]
  readonly link: string
}
