import { type PredictionLimits, parseQuota, parseRate } from '../../access/index.ts'

/** As they are written after --rate, --burst, --quota and --priority; `none`, and priority 0, lift what was before. */
export interface LimitFlags {
  readonly rate?: string
  readonly burst?: number
  readonly quota?: string
  readonly priority?: number
}

/** What flags ask for over the limits before; undefined where none is left. Throws UNIT_INVALID. */
export function limitsAsked(flags: LimitFlags, before: PredictionLimits = {}): PredictionLimits | undefined {
  const { rate, burst, quota, priority } = flags
  const limits: { -readonly [Name in keyof PredictionLimits]: PredictionLimits[Name] } = { ...before }
  if (rate === 'none') delete limits.rate
  else if (rate !== undefined || burst !== undefined) limits.rate = parseRate(rate ?? '', burst)
  if (quota === 'none') delete limits.quota
  else if (quota !== undefined) limits.quota = parseQuota(quota)
  if (priority === 0) delete limits.priority
  else if (priority !== undefined) limits.priority = priority
  return Object.values(limits).some(limit => limit !== undefined) ? limits : undefined
}
