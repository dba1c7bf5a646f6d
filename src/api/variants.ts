/** Variants of a version: what the optimize stage found of each change, and what it kept. Times are milliseconds. */
import { z } from 'zod'
import { referenceOutputsSchema } from './agents/host.ts'
import { blobRefSchema, digestSchema } from './agents/shared.ts'

const verdict = z.enum(['passed', 'failed', 'inconclusive', 'not applicable'])
const name = z.string().min(1).max(100)
/** Of its file and those beside it, loading, and single runs; the original's are of the same run in turns. */
const measuredSchema = z.object({
  bytes: z.number(),
  load: z.number(),
  latencyP50: z.number(),
  latencyP99: z.number(),
  runs: z.number(),
  /** Of a process that does nothing else, beyond its runtime: after runs, and the most while it loaded and ran. */
  memory: z.object({ steady: z.number(), peak: z.number() }).optional(),
})

const judgedSchema = z.object({
  metrics: z.record(z.string(), z.number()),
  /** At 95 %, of metrics that are of examples. */
  intervals: z.record(z.string(), z.tuple([z.number(), z.number()])),
})

/** Where it was measured: a figure of one machine is none of another. */
export const machineSchema = z.object({
  processor: z.string(),
  architecture: z.string(),
  /** `avx2`, `avx512_vnni`, `asimddp` …: those that arithmetic of models depends on. */
  instructions: z.array(z.string()),
  threads: z.number().int(),
})
export type Machine = z.infer<typeof machineSchema>

/** One change that was tried. */
export const triedVariantSchema = z.object({
  name,
  /** The change in words. */
  change: z.string(),
  /** `refused`: it could not be made, or does not run. */
  outcome: z.enum([...verdict.options, 'refused']),
  /** Why it was refused. */
  reason: z.string().optional(),
  judged: judgedSchema
    .extend({ gates: z.array(z.object({ text: z.string(), verdict, summary: z.string() })) })
    .optional(),
  measured: z.object({ original: measuredSchema, variant: measuredSchema }).optional(),
  /** How many nodes it changed, and how many were left as they are. */
  changed: z.number().int().optional(),
  kept: z.number().int().optional(),
  /** Nodes that stay as they are because with them changed it did not pass. */
  repaired: z.array(z.string()).optional(),
})
export type TriedVariant = z.infer<typeof triedVariantSchema>

/** Record `optimization` of a version, and of the stage that made it. */
export const optimizationSchema = z.object({
  prefer: z.enum(['latency', 'size', 'memory']),
  machine: machineSchema,
  original: judgedSchema.extend({ bytes: z.number() }),
  tried: z.array(triedVariantSchema).max(100),
  /** What ships where nothing else is asked for; null: the original. */
  chosen: name.nullable(),
})
export type Optimization = z.infer<typeof optimizationSchema>

/** As pages tell it: `metric` is what variants are compared by beside size and latency. */
export const optimizationViewSchema = optimizationSchema.extend({
  metric: z.object({ name: z.string(), better: z.enum(['higher', 'lower']) }).nullable(),
})
export type OptimizationView = z.infer<typeof optimizationViewSchema>

/** Record `variant` of a version: one whose bytes are kept. */
export const variantSchema = z.object({
  name,
  change: z.string(),
  /** Of its files. */
  digest: digestSchema,
  size: z.number().int().nonnegative(),
  /** As a replica finds them beside each other. */
  files: z.array(blobRefSchema).min(1).max(100),
  repaired: z.array(z.string()),
  /** What every replica of it must reproduce; absent where that would be too large, or inputs can't be made up. */
  reference: referenceOutputsSchema.optional(),
})
export type Variant = z.infer<typeof variantSchema>

/** What the optimize stage hands over. */
export const optimizeRecordsSchema = z.object({
  optimization: optimizationSchema,
  variants: z.array(variantSchema).max(100),
})

/** A kept variant, as lists of versions tell it. */
export const variantViewSchema = z.object({
  name,
  change: z.string(),
  digest: z.string(),
  size: z.number(),
  files: z.array(z.object({ name: z.string(), digest: z.string(), size: z.number() })),
  /** Its median latency over the original's, where both were measured. */
  speed: z.number().nullable(),
  /** The same of the memory that it takes while it serves. */
  memory: z.number().nullable(),
  /** It serves where nothing else is asked for. */
  chosen: z.boolean(),
  /** It came with an import: another server judged it, and it does not serve here. */
  imported: z.boolean(),
})
export type VariantView = z.infer<typeof variantViewSchema>
