import type { Instant, VersionId } from '../../core/index.ts'
import { RegistryError } from '../errors.ts'
import type { RetentionRules } from './types.ts'

const DAY_MS = 86_400_000
/** Larger than any number of versions, or days, that somebody means. */
const MAX_RULE = 1_000_000

/** What retention looks at of one version of a model. */
export interface RetentionFacts {
  readonly id: VersionId
  readonly number: number
  readonly createdAt: Instant
  readonly parent?: VersionId
  /** Why it is kept whatever a policy says: `serves in production`, `alias champion` … */
  readonly uses: readonly string[]
}

/** What becomes of one version, and by which rule. */
export interface RetentionVerdict {
  readonly id: VersionId
  readonly number: number
  readonly keep: boolean
  readonly reason: string
}

/** Rules as they are stored. Throws RETENTION_INVALID. */
export function checkRetention(rules: RetentionRules): RetentionRules {
  const { keepLast, keepDays, keepParents } = rules
  for (const [name, value, least] of [
    ['keep-last', keepLast, 1],
    ['keep-days', keepDays, 1],
    ['keep-parents', keepParents, 0],
  ] as const) {
    if (value === undefined || (Number.isInteger(value) && value >= least && value <= MAX_RULE)) continue
    throw new RegistryError('RETENTION_INVALID', {
      message: `${name} is ${value}`,
      hint: `It is a whole number from ${least} to ${MAX_RULE}.`,
    })
  }
  if (keepLast === undefined && keepDays === undefined)
    throw new RegistryError('RETENTION_INVALID', {
      message: 'A retention policy without keep-last and keep-days would keep nothing but what is used',
      hint: 'Give at least one of them, such as --keep-last 20.',
    })
  return {
    ...(keepLast !== undefined && { keepLast }),
    ...(keepDays !== undefined && { keepDays }),
    ...(keepParents !== undefined && { keepParents }),
  }
}

/**
 * Judges the versions of one model that have not expired. One is kept where any rule, or any use, keeps it. Newest
 * first, as they are given back.
 */
export function judgeRetention(
  versions: readonly RetentionFacts[],
  rules: RetentionRules,
  now: Instant,
): readonly RetentionVerdict[] {
  const newestFirst = versions.toSorted((a, b) => b.number - a.number)
  const parents = parentsOf(versions, rules.keepParents ?? 0)
  return newestFirst.map((version, place) => {
    const { id, number } = version
    const reason = reasonToKeep(version, { place, rules, now, parents })
    return reason === undefined
      ? { id, number, keep: false, reason: describeRetention(rules) }
      : { id, number, keep: true, reason }
  })
}

interface Judged {
  readonly place: number
  readonly rules: RetentionRules
  readonly now: Instant
  readonly parents: ReadonlyMap<VersionId, number>
}

function reasonToKeep(version: RetentionFacts, { place, rules, now, parents }: Judged): string | undefined {
  const { keepLast, keepDays } = rules
  if (version.uses.length > 0) return version.uses.join(', ')
  if (keepLast !== undefined && place < keepLast) return `one of the newest ${keepLast}`
  if (keepDays !== undefined && version.createdAt > now - keepDays * DAY_MS)
    return `younger than ${keepDays} days`
  const child = parents.get(version.id)
  return child === undefined ? undefined : `an ancestor of v${child}, which is used`
}

/** Ancestors of what is used, up to so many steps, each with the number of one that descends from it. */
function parentsOf(versions: readonly RetentionFacts[], steps: number): ReadonlyMap<VersionId, number> {
  const byId = new Map(versions.map(version => [version.id, version]))
  const found = new Map<VersionId, number>()
  for (const used of versions.filter(({ uses }) => uses.length > 0)) {
    let parent = used.parent
    const seen = new Set<VersionId>()
    for (let step = 0; step < steps && parent !== undefined && !seen.has(parent); step++) {
      seen.add(parent)
      if (!found.has(parent)) found.set(parent, used.number)
      parent = byId.get(parent)?.parent
    }
  }
  return found
}

/** `keeps the newest 20, or 90 days, and 2 parents of what is used`. */
export function describeRetention({ keepLast, keepDays, keepParents }: RetentionRules): string {
  const either = [
    ...(keepLast === undefined ? [] : [`the newest ${keepLast}`]),
    ...(keepDays === undefined ? [] : [`${keepDays} days`]),
  ].join(', or ')
  return `keeps ${either}${keepParents ? `, and ${keepParents} steps of ancestors of what is used` : ''}`
}
