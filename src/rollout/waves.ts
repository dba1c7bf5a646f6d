import type { CanaryStep, Rollout } from './types.ts'

/** Regions of gateways, one wave after the other; those that no wave names come with the last. */
export type Waves = readonly (readonly string[])[]

/**
 * The steps of all waves: each takes the same ones, with evidence of its own gateways. Only the first has the shadow,
 * which answers nobody wherever it is.
 *
 *   shadow, 5 %, 50 % in eu, then us  ->  shadow, 5 %, 50 % (eu), 5 %, 50 % (us)
 */
export function stepsInWaves(steps: readonly CanaryStep[], waves: Waves | undefined): readonly CanaryStep[] {
  if (!waves) return steps
  const weighted = steps.filter(({ shadow }) => shadow === undefined)
  return waves.flatMap((_, wave) => (wave === 0 ? steps : weighted).map(step => ({ ...step, wave })))
}

/** The waves of a rollout and which is at work; undefined where all gateways go together. */
export function waveOf({
  strategy,
  step,
}: Pick<Rollout, 'strategy' | 'step'>): { readonly waves: Waves; readonly at: number } | undefined {
  if (strategy.kind !== 'canary' || !strategy.waves) return undefined
  return { waves: strategy.waves, at: strategy.steps[step]?.wave ?? 0 }
}

/** How far a rollout is in a region: `done` serves the candidate alone, `later` stable alone. */
export function standingIn(
  { waves, at }: { readonly waves: Waves; readonly at: number },
  region: string | undefined,
): 'done' | 'now' | 'later' {
  const named = waves.findIndex(regions => region !== undefined && regions.includes(region))
  const wave = named < 0 ? waves.length - 1 : named
  return wave < at ? 'done' : wave === at ? 'now' : 'later'
}

/** `Wave 2 of 3 (us, asia)`: where a step begins one; undefined within a wave. */
export function waveBegun({ strategy, step }: Pick<Rollout, 'strategy' | 'step'>): string | undefined {
  if (strategy.kind !== 'canary' || !strategy.waves) return undefined
  const { steps, waves } = strategy
  const wave = steps[step]?.wave
  if (wave === undefined || wave === steps[step - 1]?.wave) return undefined
  return `Wave ${wave + 1} of ${waves.length} (${waves[wave]!.join(', ')})`
}
