/** Where in a file that a person wrote. Lines and columns count from 1. */
export interface Location {
  readonly file: string
  readonly line: number
  readonly column: number
}

export type Severity = 'error' | 'warning'

/** A located finding about what a person wrote. All of a file's findings are told at once. */
export interface Diagnostic {
  readonly severity: Severity
  /** Closed set for each part, such as `UNKNOWN_KEY`. */
  readonly code: string
  readonly message: string
  readonly at: Location
  readonly expected?: string
  readonly found?: string
  /** What to write instead, such as the nearest valid name. */
  readonly hint?: string
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(diagnostic => diagnostic.severity === 'error')
}

/** `ballast.yaml:3:5: error: Unknown key 'metircs' (did you mean 'metrics'?)` */
export function formatDiagnostic({ severity, message, at, expected, found, hint }: Diagnostic): string {
  const facts = [expected && `expected ${expected}`, found && `found ${found}`].filter(Boolean).join(', ')
  return `${at.file}:${at.line}:${at.column}: ${severity}: ${message}${facts && `: ${facts}`}${hint ? ` (${hint})` : ''}`
}

/** The nearest of `names` by edit distance, where it is near enough to be meant. */
export function nearestName(found: string, names: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(1, Math.floor(found.length / 3)) + 1
  for (const name of names) {
    const distance = editDistance(found.toLowerCase(), name.toLowerCase(), bestDistance)
    if (distance < bestDistance) [best, bestDistance] = [name, distance]
  }
  return best
}

/** Damerau-Levenshtein distance (adjacent swaps count once), or `limit` when it is at least that. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let distance = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + cost)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        distance = Math.min(distance, rows[i - 2]![j - 2]! + 1)
      }
      row.push(distance)
    }
    rows.push(row)
  }
  return Math.min(limit, rows[a.length]![b.length]!)
}
