import type { AttemptView, JobView, ModelView, PipelineSummary, RolloutView } from '../../../src/api/views.ts'
import type { IconName } from './icon.tsx'

export type Tone = 'good' | 'bad' | 'warn' | 'busy' | 'quiet'
export type State = JobView['state'] | AttemptView['state'] | PipelineSummary['state']
export type Verdict = NonNullable<JobView['verdict']>

export const TONE_CLASS: Readonly<Record<Tone, string>> = {
  good: 'text-good bg-good-bg',
  bad: 'text-bad bg-bad-bg',
  warn: 'text-warn bg-warn-bg',
  busy: 'text-busy bg-busy-bg',
  quiet: 'text-quiet bg-quiet-bg',
}

interface Look {
  readonly tone: Tone
  readonly icon: IconName
}

export const STATE_LOOK: Readonly<Record<State, Look>> = {
  blocked: { tone: 'quiet', icon: 'dots' },
  ready: { tone: 'quiet', icon: 'circle' },
  leased: { tone: 'busy', icon: 'spinner' },
  running: { tone: 'busy', icon: 'spinner' },
  waiting: { tone: 'warn', icon: 'pause' },
  succeeded: { tone: 'good', icon: 'check' },
  failed: { tone: 'bad', icon: 'cross' },
  errored: { tone: 'bad', icon: 'alert' },
  canceled: { tone: 'quiet', icon: 'stop' },
  skipped: { tone: 'quiet', icon: 'skip' },
  lost: { tone: 'warn', icon: 'alert' },
}

export const VERDICT_LOOK: Readonly<Record<Verdict, Look>> = {
  passed: { tone: 'good', icon: 'check' },
  failed: { tone: 'bad', icon: 'cross' },
  inconclusive: { tone: 'warn', icon: 'question' },
  'not applicable': { tone: 'quiet', icon: 'skip' },
}

export const PHASE_LOOK: Readonly<Record<RolloutView['phase'], Look>> = {
  queued: { tone: 'quiet', icon: 'dots' },
  preparing: { tone: 'busy', icon: 'spinner' },
  progressing: { tone: 'busy', icon: 'up' },
  promoted: { tone: 'good', icon: 'check' },
  aborted: { tone: 'bad', icon: 'undo' },
}

export const HEALTH_LOOK: Readonly<Record<ModelView['health'], Look>> = {
  serving: { tone: 'good', icon: 'check' },
  degraded: { tone: 'warn', icon: 'alert' },
  down: { tone: 'bad', icon: 'cross' },
  none: { tone: 'quiet', icon: 'circle' },
}

export type Arm = ModelView['traffic'][number]['arm']
export const ARM_FILL: Readonly<Record<Arm, string>> = {
  stable: 'bg-accent',
  baseline: 'bg-quiet',
  canary: 'bg-warn',
}
