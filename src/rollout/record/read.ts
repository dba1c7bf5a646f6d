import { z } from 'zod'
import { isDigest } from '../../core/index.ts'
import { MAX_BUCKET } from '../buckets.ts'
import { ROLLOUT_PHASES } from '../types.ts'
import { type DecisionRecord, EVIDENTIAL, MAX_RECORD_BYTES, RECORD_KIND } from './types.ts'

/** Deeper than a record is: a histogram in a tally in a step in a metric's evidence in a basis in an event. */
const MAX_DEPTH = 16

const digest = z.string().refine(isDigest, 'no SHA-256 digest')
const version = z.object({ id: z.string(), number: z.int().min(1), digest })
const rollout = z.looseObject({
  id: z.string(),
  model: z.string(),
  environment: z.string(),
  candidate: z.string(),
  strategy: z.looseObject({ kind: z.string(), steps: z.array(z.looseObject({})).optional() }),
  phase: z.enum(ROLLOUT_PHASES),
  step: z.int().min(0),
  weight: z.number().min(0).max(1),
  by: z.string(),
})
const analysis = z.looseObject({
  verdict: z.enum(['passed', 'failed', 'inconclusive', 'not applicable']),
  metrics: z.array(z.looseObject({ metric: z.string(), summary: z.string() })),
  canaryRequests: z.number(),
  baselineRequests: z.number(),
})
const event = z.looseObject({
  kind: z.string(),
  analysis: analysis.optional(),
  basis: z
    .looseObject({
      policy: z.looseObject({ confidence: z.number(), metrics: z.array(z.looseObject({})) }),
      evidence: z.array(z.looseObject({})),
    })
    .optional(),
})
/** The outline: what is inside is computed with again, and says so itself where it can't be. */
const record = z.looseObject({
  kind: z.literal(RECORD_KIND),
  sequence: z.int().min(1),
  previous: digest.optional(),
  at: z.number(),
  decision: z.looseObject({ kind: z.string() }),
  project: z.object({ id: z.string(), name: z.string() }),
  candidate: version,
  stable: version.optional(),
  approvals: z.array(z.object({ by: z.string(), at: z.number() })),
  from: rollout,
  event,
  to: rollout,
  known: analysis.optional(),
  leftOut: z.object({ what: z.enum(EVIDENTIAL), digest, bytes: z.number() }).optional(),
  ballast: z.object({ version: z.string(), commit: z.string().optional() }),
})

/** A record of bytes from anywhere; else why they are none. */
export function readRecord(payload: Uint8Array): DecisionRecord | { readonly unreadable: string } {
  if (payload.length > MAX_RECORD_BYTES)
    return { unreadable: `it has ${payload.length} bytes, and a record at most ${MAX_RECORD_BYTES}` }
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
  } catch {
    return { unreadable: 'it is no JSON' }
  }
  if (!isBounded(value, MAX_DEPTH)) return { unreadable: 'it holds what no count or name can be' }
  const { error } = record.safeParse(value)
  if (error === undefined) return value as DecisionRecord
  const [issue] = error.issues
  return { unreadable: `${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'of another shape'}` }
}

/** What is a histogram becomes an array in the end: a bucket of a billion would be as many bytes. */
const HISTOGRAMS: ReadonlySet<string> = new Set(['latency', 'canary', 'baseline', 'stable'])

function isBounded(value: unknown, depth: number, name = ''): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (depth === 0) return false
  if (Array.isArray(value)) return value.every(member => isBounded(member, depth - 1))
  return Object.entries(value).every(
    ([key, member]) =>
      !(HISTOGRAMS.has(name) && Number(key) > MAX_BUCKET) && isBounded(member, depth - 1, key),
  )
}
