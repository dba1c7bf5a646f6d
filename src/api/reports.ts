/** What was read of a job's reports: small, whatever the reports hold. Sent with the attempt's end. */
import { z } from 'zod'

/** Of one file: GitLab's own limit is 150, as installed. */
export const MAX_DOTENV_VARIABLES = 150
/** Failed tests that are told; the count is of all. */
export const MAX_FAILED_TOLD = 100
/** Files whose coverage is told, the least covered first. */
export const MAX_COVERED_FILES = 1000
export const MAX_METRICS = 1000

const count = z.number().int().nonnegative()

export const failedTestSchema = z.object({
  name: z.string().max(400),
  suite: z.string().max(400).optional(),
  file: z.string().max(400).optional(),
  /** failure: an assertion did not hold. error: the test itself broke. */
  kind: z.enum(['failure', 'error']),
  message: z.string().max(2000).optional(),
})
export type FailedTest = z.infer<typeof failedTestSchema>

export const testSummarySchema = z.object({
  tests: count,
  failures: count,
  errors: count,
  skipped: count,
  seconds: z.number().nonnegative(),
  failed: z.array(failedTestSchema).max(MAX_FAILED_TOLD),
})
export type TestSummary = z.infer<typeof testSummarySchema>

export const coverageSummarySchema = z.object({
  lines: count,
  covered: count,
  files: z
    .array(z.object({ path: z.string().max(400), lines: count, covered: count }))
    .max(MAX_COVERED_FILES),
})
export type CoverageSummary = z.infer<typeof coverageSummarySchema>

export const metricSchema = z.object({
  /** With its labels, as it is written: `latency{quantile="0.5"}`. */
  name: z.string().min(1).max(400),
  value: z.number(),
})
export type Metric = z.infer<typeof metricSchema>

export const dotenvVariableSchema = z.object({
  name: z.string().regex(/^[A-Za-z0-9_]{1,255}$/),
  value: z.string().max(5120),
})
export type DotenvVariable = z.infer<typeof dotenvVariableSchema>

export const reportSummariesSchema = z.object({
  tests: testSummarySchema.optional(),
  coverage: coverageSummarySchema.optional(),
  metrics: z.array(metricSchema).max(MAX_METRICS).optional(),
  /** For later jobs; of a name that is given twice, the last. */
  variables: z.array(dotenvVariableSchema).max(MAX_DOTENV_VARIABLES).optional(),
  /** Reports that are none, by name. */
  problems: z.array(z.string().max(500)).max(50).optional(),
})
export type ReportSummaries = z.infer<typeof reportSummariesSchema>
