import type { Diagnostic, Location } from '../../../../core/index.ts'
import { quote } from '../../../yaml/located.ts'
import { describe } from '../expression/describe.ts'
import { evaluate } from '../expression/evaluate.ts'
import type { Glob } from '../globs/glob.ts'
import type { Rule } from '../types.ts'
import { pushedFrom, refKind } from '../variables/predefined/ref.ts'
import type { Lookups, Paths } from './lookups.ts'
import type { Occasion } from './occasion.ts'

/** Whether a clause holds, and why, in a few words. */
export interface Verdict {
  readonly holds: boolean
  readonly why: string
  readonly problems: readonly Diagnostic[]
}

/** Patterns times paths, after which a rule is taken to match (GitLab's bound, for both clauses). */
const MAX_CHECKS = 50_000
const MAX_PATHS_SHOWN = 3

export function conditionHolds(
  { text, at }: { readonly text: string; readonly at: Location },
  { lookups, variable, shows }: Occasion,
): Verdict {
  const { expression, diagnostics } = lookups.condition(text, at)
  if (!expression) return verdict(false, `${quote(text)} can't be read`, diagnostics)
  const holds = evaluate(expression, variable, lookups.work)
  const why = describe(expression, variable, { shows, work: lookups.work })
  if (!lookups.work.exhausted) return verdict(holds, why, diagnostics)
  return spent(lookups, at, diagnostics)
}

/**
 * `changes`: against the target branch of a merge request, where the branch was before a push, or `compare_to`.
 * Holds where there is nothing to compare: a new branch, a tag, and pipelines that no push made.
 */
export async function changesHold(
  { paths, compareTo }: NonNullable<Rule['changes']>,
  at: Location,
  occasion: Occasion,
): Promise<Verdict> {
  const { lookups, trigger } = occasion
  const ref = compareTo === undefined ? undefined : occasion.expand(compareTo)
  const pushed = refKind(trigger) === 'merge_request' || pushedFrom(trigger) !== undefined
  if (ref === undefined && !pushed) return verdict(true, 'changes: nothing to compare with')
  const changed = await lookups.changed(ref)
  if (!changed && ref !== undefined) {
    const message = `changes: compare_to: there is no ref ${quote(compareTo!)}`
    return verdict(false, message, [lookups.once(`no ref ${ref} ${placeOf(at)}`, () => problem(message, at))])
  }
  if (!changed) return verdict(true, 'changes: nothing to compare with')
  return lookups.once(`changes ${placeOf(at)} ${keyOf(paths, occasion, ref)}`, () =>
    anyMatches('changes', paths, { list: changed }, at, occasion),
  )
}

/** `exists`: in the commit, or in another project. */
export async function existsHolds(
  { paths, project, ref }: NonNullable<Rule['exists']>,
  at: Location,
  occasion: Occasion,
): Promise<Verdict> {
  const { lookups } = occasion
  const elsewhere = project === undefined ? undefined : occasion.expand(project)
  const revision = ref === undefined ? undefined : occasion.expand(ref)
  const there = await lookups.paths(elsewhere, revision)
  if (!there) {
    const message = `exists: there is no project ${quote(project ?? '')} with that ref that can be read`
    const key = `no project ${elsewhere} ${placeOf(at)}`
    return verdict(false, message, [lookups.once(key, () => problem(message, at))])
  }
  return lookups.once(`exists ${placeOf(at)} ${keyOf(paths, occasion, elsewhere, revision)}`, () =>
    anyMatches('exists', paths, there, at, occasion),
  )
}

/** Told with the patterns as they are written: a variable in one may be a secret. */
function anyMatches(
  clause: 'changes' | 'exists',
  patterns: readonly string[],
  { list, set }: Paths,
  at: Location,
  occasion: Occasion,
): Verdict {
  const { lookups } = occasion
  const globs: { readonly written: string; readonly path: string; readonly glob: Glob }[] = []
  for (const written of new Set(patterns)) {
    const path = occasion.expand(written)
    const compiled = lookups.glob(path)
    if (compiled.kind === 'glob') globs.push({ written, path, glob: compiled.glob })
    else {
      const key = `glob ${path} ${placeOf(at)}`
      const found = lookups.once(key, () => problem(`${clause}: ${compiled.message}`, at, written))
      return verdict(false, found.message, [found])
    }
  }
  const exact = globs.find(({ glob, path }) => glob.exact && set?.has(path))
  if (exact) return verdict(true, `${clause}: ${exact.written}`)
  const wild = set ? globs.filter(({ glob }) => !glob.exact) : globs
  if (wild.length * list.length > MAX_CHECKS)
    return verdict(true, `${clause}: more than ${MAX_CHECKS} checks`)
  for (const { written, glob } of wild) {
    for (const path of list) {
      if (!glob.matches(path, lookups.work)) continue
      return verdict(true, path === written ? `${clause}: ${path}` : `${clause}: ${path} matches ${written}`)
    }
  }
  if (lookups.work.exhausted) return spent(lookups, at)
  return verdict(false, `${clause}: none of ${list.length} paths matches ${shown(patterns)}`)
}

/** Told once, at the place where it happened. */
function spent(lookups: Lookups, at: Location, problems: readonly Diagnostic[] = []): Verdict {
  const message = 'The patterns of this pipeline take too long'
  const found = lookups.once('spent', () => problem(message, at))
  return verdict(false, message, [...problems, found])
}

function keyOf(
  paths: readonly string[],
  occasion: Occasion,
  ...where: readonly (string | undefined)[]
): string {
  return JSON.stringify([where, paths.map(path => occasion.expand(path))])
}

function shown(texts: readonly string[]): string {
  const first = texts.slice(0, MAX_PATHS_SHOWN).map(text => quote(text).slice(1, -1))
  const more = texts.length - first.length
  return more > 0 ? `${first.join(', ')} and ${more} more` : first.join(', ')
}

export function verdict(holds: boolean, why: string, problems: readonly Diagnostic[] = []): Verdict {
  return { holds, why, problems }
}

export function problem(message: string, at: Location, found?: string): Diagnostic {
  return {
    severity: 'error',
    code: 'CONDITION',
    message,
    at,
    ...(found !== undefined && { found: quote(found) }),
  }
}

export function placeOf({ file, line, column }: Location): string {
  return `${file}:${line}:${column}`
}
