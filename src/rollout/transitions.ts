import type { RolloutEvent, RolloutPhase } from './types.ts'

type EventKind = RolloutEvent['kind']

/**
 * Which event leads from which phase to which. What is not here is illegal, and thrown. `ignored` events report
 * something late or again; they change nothing. What a person asks of an ended rollout is refused, so that they
 * learn of it; what machines report about one is ignored.
 */
export const ROLLOUT_TRANSITIONS: {
  readonly [Phase in RolloutPhase]: { readonly [Kind in EventKind]?: readonly RolloutPhase[] | 'ignored' }
} = {
  queued: {
    dequeued: ['preparing'],
    closed: ['queued'],
    override: ['queued'],
    pause: ['queued'],
    resume: ['queued'],
    'pause-over': ['queued'],
    superseded: ['aborted'],
    refused: ['aborted'],
    abort: ['aborted'],
  },
  preparing: {
    dequeued: 'ignored',
    'replicas-ready': ['progressing', 'promoted'],
    'replicas-failed': ['aborted'],
    closed: ['preparing'],
    override: ['preparing'],
    pause: ['preparing'],
    resume: ['preparing'],
    'pause-over': ['preparing'],
    abort: ['aborted'],
  },
  progressing: {
    dequeued: 'ignored',
    'replicas-ready': 'ignored',
    'replicas-failed': ['aborted'],
    analysed: ['progressing', 'promoted', 'aborted'],
    concluded: ['progressing', 'promoted', 'aborted'],
    reweighed: ['progressing'],
    settled: ['promoted', 'aborted'],
    closed: ['progressing'],
    override: ['progressing'],
    pause: ['progressing'],
    resume: ['progressing'],
    'pause-over': ['progressing'],
    promote: ['promoted'],
    abort: ['aborted'],
  },
  promoted: {
    dequeued: 'ignored',
    'replicas-ready': 'ignored',
    'replicas-failed': 'ignored',
    analysed: 'ignored',
    concluded: 'ignored',
    reweighed: 'ignored',
    settled: 'ignored',
    closed: 'ignored',
    'pause-over': 'ignored',
    superseded: 'ignored',
    refused: 'ignored',
  },
  aborted: {
    dequeued: 'ignored',
    'replicas-ready': 'ignored',
    'replicas-failed': 'ignored',
    analysed: 'ignored',
    concluded: 'ignored',
    reweighed: 'ignored',
    settled: 'ignored',
    closed: 'ignored',
    'pause-over': 'ignored',
    superseded: 'ignored',
    refused: 'ignored',
  },
}

export function hasEnded(phase: RolloutPhase): boolean {
  return phase === 'promoted' || phase === 'aborted'
}
