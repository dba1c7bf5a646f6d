import { z } from 'zod'
import { variantViewSchema } from '../variants.ts'

export const versionViewSchema = z.object({
  id: z.string(),
  number: z.number(),
  model: z.string(),
  digest: z.string(),
  commit: z.string(),
  pipeline: z.object({ id: z.string(), number: z.number() }).nullable(),
  size: z.number(),
  /** From its latest evaluation. */
  metrics: z.record(z.string(), z.number()),
  createdAt: z.string(),
  /** Where it is in production now. */
  serving: z.enum(['stable', 'canary', 'previous', 'none']),
  /** Of its files: `onnx`, `keras-h5`, `pytorch` …; null where nothing was inspected. */
  format: z.string().nullable(),
  /** What the scan of its files concluded, and on whose word a version that is not safe beyond doubt went on. */
  scan: z
    .object({ verdict: z.enum(['safe', 'unsafe', 'unknown']), acceptance: z.string().nullable() })
    .nullable(),
  /** Why no replica can load it; null where one can. */
  notServed: z.string().nullable(),
  /** Optimised forms whose bytes are kept. */
  variants: z.array(variantViewSchema),
  /** Names that point at it: own aliases, environments, `latest`. */
  names: z.array(z.string()),
  /** Why retention gave up its bytes, and when; null while they are there. */
  expired: z.object({ at: z.string(), reason: z.string() }).nullable(),
  /** The server it was imported from. */
  imported: z.string().nullable(),
})
export type VersionView = z.infer<typeof versionViewSchema>
