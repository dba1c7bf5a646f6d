import type { Fraction } from '../../core/index.ts'
import { mismatch } from '../../pipeline/index.ts'
import type { AnalysisSpec } from '../../rollout/index.ts'
import { optional, type StructOf, struct } from '../reader/composites.ts'
import { type Reader, refine } from '../reader/reader.ts'
import { choice, integer } from '../reader/scalars.ts'
import { growth, percent } from '../reader/units.ts'

export const DEFAULT_ANALYSIS: AnalysisSpec = {
  errorMargin: 0.01,
  latencyMargin: 0.5,
  latencyQuantile: 0.95,
  confidence: 0.95,
  minRequests: 50,
}

const QUANTILES = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 } as const
const fields = {
  errors: optional(
    positive(percent()),
    "by how much the canary's error rate may exceed the baseline's",
    '1%',
  ),
  latency: optional(positive(growth()), "by how much its latency may exceed the baseline's", '50%'),
  quantile: optional(choice(['p50', 'p90', 'p95', 'p99']), 'of the latencies', 'p95'),
  accuracy: optional(
    positive(percent()),
    'by how much more of the labelled answers may be wrong than of the baseline; not asked by default',
  ),
  agreement: optional(
    positive(percent()),
    'on what part of the requests a shadow may decide otherwise than stable; not asked by default',
  ),
  tolerance: optional(percent(), 'part of each margin within which a canary is not rolled back', '20%'),
  confidence: optional(confidence(), '1 − the chance of a false rollback in the whole rollout', '95%'),
  min_requests: optional(integer(1, 1_000_000), 'fewest requests in each arm before a step passes', 50),
}
export type WrittenAnalysis = Partial<StructOf<typeof fields>>

export const analysisSection: Reader<WrittenAnalysis> = struct({ what: 'analysis', fields })

export function analysisRequest(written: WrittenAnalysis = {}): AnalysisSpec {
  const { errors, latency, quantile, accuracy, agreement, tolerance, confidence, min_requests } = written
  return {
    errorMargin: errors ?? DEFAULT_ANALYSIS.errorMargin,
    latencyMargin: latency ?? DEFAULT_ANALYSIS.latencyMargin,
    latencyQuantile: quantile ? QUANTILES[quantile] : DEFAULT_ANALYSIS.latencyQuantile,
    confidence: confidence ?? DEFAULT_ANALYSIS.confidence,
    minRequests: min_requests ?? DEFAULT_ANALYSIS.minRequests,
    ...(tolerance !== undefined && { tolerance }),
    ...(accuracy !== undefined && { accuracyMargin: accuracy }),
    ...(agreement !== undefined && { agreementMargin: agreement }),
  }
}

function positive(reader: Reader<Fraction>): Reader<Fraction> {
  return refine(reader, (value, node, place) => (value > 0 ? value : mismatch(node, place, 'more than 0%')))
}

function confidence(): Reader<Fraction> {
  return refine(percent(), (value, node, place) =>
    value >= 0.5 && value < 1 ? value : mismatch(node, place, 'from 50% to below 100%'),
  )
}
