import { RE2JS } from 're2js'

/** Of the end of a log: the figure is in the summary, which is printed last. */
export const MAX_COVERAGE_TAIL_BYTES: number = 1024 * 1024
/** What terminals are told within a log: colours, cursor, and sections' titles. */
const ESCAPES = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])/g

/**
 * Coverage in percent: the figure in the last match of `pattern` (RE2) within the end of a log, in its last group
 * where it has some. Undefined where there is none, or the pattern is none.
 *
 *   'TOTAL.*? (\d+)%$' in 'TOTAL  120  6  95%' -> 95
 */
export function coverageIn(log: string, pattern: string): number | undefined {
  let expression: RE2JS
  try {
    expression = RE2JS.compile(pattern, RE2JS.MULTILINE)
  } catch {
    return undefined
  }
  const matcher = expression.matcher(log.replaceAll(ESCAPES, ''))
  let last: string | undefined
  while (matcher.find()) last = lastGroup(matcher) ?? last
  const figure = last?.match(/\d+(?:[.,]\d+)?/)?.[0]?.replace(',', '.')
  const percent = figure === undefined ? Number.NaN : Number(figure)
  return percent >= 0 && percent <= 100 ? percent : undefined
}

function lastGroup(matcher: ReturnType<RE2JS['matcher']>): string | undefined {
  for (let group = matcher.groupCount(); group > 0; group--) {
    const found = matcher.group(group)
    if (found) return found
  }
  return matcher.groupCount() > 0 ? undefined : (matcher.group(0) ?? undefined)
}
