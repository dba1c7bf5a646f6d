import type { JobEnvironment } from '../../../../types.ts'

/** GitLab's guess by the name of an environment, the first that fits. */
const TIERS = [
  ['development', /dev|review|trunk/i],
  ['testing', /test|tst|int|acc?e?pt|qa|qc|control|quality/i],
  ['staging', /sta?g|mode?l|pre|demo|non/i],
  ['production', /pro?d|live/i],
] as const

export function tierOf({ name, tier }: Pick<JobEnvironment, 'name' | 'tier'>): string {
  return tier ?? TIERS.find(([, pattern]) => pattern.test(name))?.[0] ?? 'other'
}
