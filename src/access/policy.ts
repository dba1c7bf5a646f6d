import type { EnvironmentPolicy } from './types.ts'

/** Where the default policy is strict. Every other environment is for trying things out. */
const PRODUCTION = 'production'

/**
 * A quarter: a bad canary hurts at most this part of the requests before its first verdict, and as much again
 * is left for a baseline of the same share.
 */
const DEFAULT_FIRST_STEP = 0.25

/**
 * What an environment allows until somebody sets a policy. Production deploys from the default branch alone,
 * step by step; predictions need a token everywhere.
 */
export function defaultPolicy(environment: string, defaultBranch: string): EnvironmentPolicy {
  const production = environment === PRODUCTION
  return {
    environment,
    branches: production ? [defaultBranch] : ['*'],
    gates: [],
    maxFirstStep: production ? DEFAULT_FIRST_STEP : 1,
    predictions: 'token',
  }
}
