import { z } from 'zod'

/** What is kept of an input or an answer, within the rules of the environment's request log. */
export const previewSchema = z.object({
  json: z.json().optional(),
  /** The beginning of JSON that is longer. */
  text: z.string().optional(),
  bytes: z.number().int().optional(),
  contentType: z.string().optional(),
  digest: z.string().optional(),
  base64: z.string().optional(),
  /** Why nothing of it was kept. */
  withheld: z.string().optional(),
})
export type Preview = z.infer<typeof previewSchema>

/** What an answer decides of each of its examples. */
export const decidedSchema = z.array(
  z.object({
    label: z.string().optional(),
    index: z.number().optional(),
    value: z.number().optional(),
  }),
)

const sideSchema = z.object({
  status: z.number().int(),
  ms: z.number(),
  /** For each example; absent where that can't be told. */
  decided: decidedSchema.optional(),
  answer: previewSchema.optional(),
})

/** A request that stable and its shadow decided otherwise, or that one of them failed at. */
export const disagreementSchema = z.object({
  requestId: z.string(),
  at: z.string(),
  step: z.number().int(),
  /** Absent, as both answers are, where the environment keeps no request log. */
  input: previewSchema.optional(),
  stable: sideSchema,
  candidate: sideSchema,
})
export type Disagreement = z.infer<typeof disagreementSchema>
