import { z } from 'zod'
import { present } from '../../core/index.ts'
import { SCORE_RULES } from '../answer.ts'
import { COLUMN_TYPES } from './types.ts'

const value = z.union([z.string(), z.number(), z.boolean()])
const fallback = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('nan') }),
  z.object({ kind: z.literal('ignore') }),
  z.object({ kind: z.literal('value'), value }),
])

/** A `TableColumn` as it travels. */
export const columnSchema = z
  .object({
    name: z.string(),
    type: z.enum(COLUMN_TYPES),
    values: z.array(z.string()).optional(),
    encoding: z.enum(['index', 'one-hot']).optional(),
    unknown: fallback.optional(),
    missing: fallback.optional(),
    missingValues: z.array(z.string()).optional(),
    unit: z.enum(['days', 'seconds']).optional(),
    input: z.string().optional(),
  })
  .transform(present)

/** An `AnswerRule` as it travels. */
export const answerSchema = z
  .object({
    scores: z.enum(SCORE_RULES).optional(),
    topK: z.number().int().positive().optional(),
    classes: z.enum(['one', 'many']).optional(),
    threshold: z.number().optional(),
    names: z.array(z.string()).optional(),
    outputs: z.array(z.string()).optional(),
  })
  .transform(present)
