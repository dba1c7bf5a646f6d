import { z } from 'zod'
import { answerSchema, columnSchema, present } from './table/schema.ts'
import { type ModelConfig, type PreprocessStep, TASKS } from './types.ts'

const size = z.number().int().positive()
const stepSchema: z.ZodType<PreprocessStep> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('decode'), what: z.literal('image') }),
  z.object({ kind: z.literal('grayscale') }),
  z.object({ kind: z.literal('invert') }),
  z.object({
    kind: z.literal('resize'),
    width: size,
    height: size,
    fit: z.enum(['fill', 'cover', 'contain']),
  }),
  z.object({ kind: z.literal('crop'), width: size, height: size }),
  z.object({ kind: z.literal('scale'), factor: z.number() }),
  z.object({ kind: z.literal('normalize'), mean: z.array(z.number()), std: z.array(z.number()) }),
  z.object({ kind: z.literal('layout'), order: z.enum(['nchw', 'nhwc', 'hw']) }),
])

/** A `ModelConfig` as it travels from the control plane to a replica. */
export const modelConfigSchema: z.ZodType<ModelConfig, unknown> = z
  .object({
    name: z.string(),
    task: z.enum(TASKS),
    labels: z.array(z.string()),
    preprocess: z.array(stepSchema),
    input: z.string().optional(),
    output: z.string().optional(),
    columns: z.array(columnSchema).optional(),
    answer: answerSchema.optional(),
  })
  .transform((config): ModelConfig => present(config))
