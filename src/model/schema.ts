import { z } from 'zod'
import { present } from '../core/index.ts'
import { answerSchema, columnSchema } from './table/schema.ts'
import { type ModelConfig, type PreprocessStep, RESIZE_FILTERS, RESIZE_LIKES, TASKS } from './types.ts'

const size = z.number().int().positive()
const color = z.array(z.number().int().min(0).max(255)).min(1).max(3)
const how = {
  filter: z.enum(RESIZE_FILTERS).exactOptional(),
  like: z.enum(RESIZE_LIKES).exactOptional(),
  antialias: z.boolean().exactOptional(),
}
const stepSchema: z.ZodType<PreprocessStep> = z.union([
  z.object({
    kind: z.literal('decode'),
    what: z.literal('image'),
    speed: z.literal('fast').exactOptional(),
    background: color.exactOptional(),
  }),
  z.object({ kind: z.literal('grayscale') }),
  z.object({ kind: z.literal('invert') }),
  z.object({ kind: z.literal('channels'), order: z.enum(['rgb', 'bgr']) }),
  z.object({
    kind: z.literal('resize'),
    width: size,
    height: size,
    fit: z.enum(['fill', 'cover', 'contain', 'letterbox']),
    fill: color.exactOptional(),
    ...how,
  }),
  z.object({ kind: z.literal('resize'), shortest: size, ...how }),
  z.object({
    kind: z.literal('crop'),
    width: size,
    height: size,
    x: z.number().int().nonnegative().exactOptional(),
    y: z.number().int().nonnegative().exactOptional(),
  }),
  z.object({
    kind: z.literal('pad'),
    to: z.union([z.literal('square'), z.object({ width: size, height: size }), z.object({ multiple: size })]),
    fill: color,
    align: z.enum(['center', 'start']),
  }),
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
