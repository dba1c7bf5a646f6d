import { z } from 'zod'

const rolloutSchema = z.object({ id: z.string(), step: z.number().int() })
const sumsSchema = z.object({ count: z.number().int(), sum: z.number(), squares: z.number() })

/** Of one version in one arm, and in one step of a rollout while one goes on; cumulative, and only ever more. */
export const armQualitySchema = z.object({
  version: z.string(),
  /** `shadow`: what a mirror answered. */
  arm: z.string(),
  rollout: rolloutSchema.optional(),
  /** Requests whose label was compared with the answer, and that could not be. */
  labelled: z.number().int(),
  incomparable: z.number().int(),
  /** Examples. */
  correct: z.number().int(),
  wrong: z.number().int(),
  /** Of values: answer minus label. */
  errors: sumsSchema.extend({ absolute: z.number() }),
  scores: sumsSchema,
  rewards: sumsSchema,
  /** Of an experiment: rewards, and right and wrong examples, by groups of its callers. */
  groups: z
    .record(z.string(), z.object({ correct: z.number().int(), wrong: z.number().int(), rewards: sumsSchema }))
    .optional(),
})
export type ArmQuality = z.infer<typeof armQualitySchema>

/** Examples that a version and its shadow both answered: who was right. */
export const pairQualitySchema = z.object({
  primary: z.string(),
  shadow: z.string(),
  /** Of the primary. */
  arm: z.string(),
  rollout: rolloutSchema.optional(),
  both: z.number().int(),
  onlyPrimary: z.number().int(),
  onlyShadow: z.number().int(),
  neither: z.number().int(),
})
export type PairQuality = z.infer<typeof pairQualitySchema>

export const qualitySchema = z.object({ arms: z.array(armQualitySchema), pairs: z.array(pairQualitySchema) })
export type Quality = z.infer<typeof qualitySchema>

/** `ledger` names what was counted: one model in one environment at one gateway, over its restarts. */
export const modelQualitySchema = qualitySchema.extend({
  ledger: z.string(),
  /** Grows with what is counted: of two reports of a ledger, the one with more is the newer. */
  n: z.number().int(),
  environment: z.string(),
  model: z.string(),
})
export type ModelQuality = z.infer<typeof modelQualitySchema>
