/**
 * What evidence says. No data is never `passed`: too little is `inconclusive`, and a comparison with a
 * production that does not exist yet is `not applicable`.
 */
export type Verdict = 'passed' | 'failed' | 'inconclusive' | 'not applicable'

/** Several verdicts as one: any failure fails, then any doubt holds; `not applicable` alone stays itself. */
export function combineVerdicts(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('failed')) return 'failed'
  if (verdicts.includes('inconclusive')) return 'inconclusive'
  if (verdicts.includes('passed')) return 'passed'
  return 'not applicable'
}
