import type { Strategy } from '../types.ts'

type Canary = Extract<Strategy, { readonly kind: 'canary' }>
type Experiment = Extract<Strategy, { readonly kind: 'ab' | 'bandit' }>

export function isExperiment(strategy: Strategy): strategy is Experiment {
  return strategy.kind === 'ab' || strategy.kind === 'bandit'
}

/** Whether versions are compared, beside a baseline: all at once there is nothing to compare. */
export function isCompared(strategy: Strategy): strategy is Canary | Experiment {
  return strategy.kind === 'canary' || isExperiment(strategy)
}

/**
 * The canary that an experiment is to its guardrails: errors and latency are judged as a canary's are, and end it at any
 * time. They have half of its budget; the other half is that of its own metric.
 */
export function guardrailsOf(strategy: Canary | Experiment): Canary {
  if (strategy.kind === 'canary') return strategy
  const { analysis } = strategy
  const weight = strategy.kind === 'ab' ? strategy.split : strategy.start
  const confidence = 1 - (1 - analysis.confidence) / 2
  return { kind: 'canary', steps: [{ weight, hold: 0 }], analysis: { ...analysis, confidence } }
}
