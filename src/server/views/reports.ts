import type { ReportSummaries } from '../../api/index.ts'
import { formatPercent } from '../../core/index.ts'

/** A job's reports in lines for people: `42 tests, 1 failed, 2 skipped`. */
export function reportLines({ tests, coverage, metrics, problems }: ReportSummaries): string[] {
  const lines: string[] = []
  if (tests) {
    const counts = [
      [tests.failures, 'failed'],
      [tests.errors, 'errored'],
      [tests.skipped, 'skipped'],
    ] as const
    const told = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`)
    lines.push([`${tests.tests} ${tests.tests === 1 ? 'test' : 'tests'}`, ...told].join(', '))
  }
  if (coverage && coverage.lines > 0) {
    const rate = formatPercent(coverage.covered / coverage.lines, 1)
    lines.push(`${rate} of ${coverage.lines} lines covered`)
  }
  if (metrics) lines.push(`${metrics.length} ${metrics.length === 1 ? 'metric' : 'metrics'}`)
  return [...lines, ...(problems ?? [])]
}
