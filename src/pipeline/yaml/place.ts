import type { Diagnostic, Location } from '../../core/index.ts'
import { type Located, showFound } from './located.ts'

type Facts = Pick<Diagnostic, 'expected' | 'found' | 'hint'>

/** Where a reader of located values stands: what it tells, and the keys that lead there (`jobs.unit.timeout`). */
export interface PlaceOf<Findings> {
  readonly findings: Findings
  readonly trail: string
}

export function within<Findings>(place: PlaceOf<Findings>, key: string | number): PlaceOf<Findings> {
  const step = typeof key === 'number' ? `[${key + 1}]` : place.trail === '' ? key : `.${key}`
  return { findings: place.findings, trail: `${place.trail}${step}` }
}

/** Says that a value is not what its place takes. */
export function mismatch(
  node: Located,
  {
    findings,
    trail,
  }: PlaceOf<{
    error(at: Location, code: 'BAD_VALUE', message: string, facts: Facts): undefined
  }>,
  expected: string,
  hint?: string,
): undefined {
  return findings.error(node.at, 'BAD_VALUE', `Bad value of ${trail || 'the file'}`, {
    expected,
    found: showFound(node),
    ...(hint !== undefined && { hint }),
  })
}

/** A value with its place, for checks that compare it with another. */
export interface Placed<T> {
  readonly value: T
  readonly at: Location
}
