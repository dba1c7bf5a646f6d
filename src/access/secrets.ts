import { branchMatches, type ProjectId } from '../core/index.ts'
import type { SecretAttributes, SecretScope } from './types.ts'

/** The group of a project, if it has one: `team` of `team/digits`. */
export function groupOf(projectName: string): string | undefined {
  const slash = projectName.indexOf('/')
  return slash < 0 ? undefined : projectName.slice(0, slash)
}

export function groupScope(group: string): SecretScope {
  return `group:${group}`
}

/** The scopes whose secrets a project's jobs may get, the strongest first. */
export function secretScopesOf(project: {
  readonly id: ProjectId
  readonly name: string
}): readonly SecretScope[] {
  const group = groupOf(project.name)
  return group === undefined ? [project.id] : [project.id, groupScope(group)]
}

/** Where a secret is used. */
export interface SecretPlace {
  readonly protectedRef: boolean
  /** Of the job; absent: none. */
  readonly environment?: string
}

/**
 * The secrets that a job gets there, one for each name: a project's over its group's; within one scope the pattern
 * with the most characters that is no wildcard. By name.
 *
 *   project A, group A                      -> the project's
 *   A for *, A for staging/*; staging/eu    -> the second
 *   A for staging/*; no environment         -> none
 */
export function selectSecrets<Secret extends SecretAttributes>(
  scopes: readonly (readonly Secret[])[],
  { protectedRef, environment }: SecretPlace,
): readonly Secret[] {
  const chosen = new Map<string, Secret>()
  for (const secrets of scopes) {
    const inScope = new Map<string, Secret>()
    for (const secret of secrets) {
      if (chosen.has(secret.name) || !reaches(secret, environment)) continue
      if (secret.protected && !protectedRef) continue
      const other = inScope.get(secret.name)
      if (!other || isCloser(secret.environment, other.environment)) inScope.set(secret.name, secret)
    }
    for (const [name, secret] of inScope) chosen.set(name, secret)
  }
  return [...chosen.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

function reaches({ environment: pattern }: SecretAttributes, environment: string | undefined): boolean {
  return pattern === '*' || (environment !== undefined && branchMatches(pattern, environment))
}

/** Ties go to the alphabet: the order of rows decides nothing. */
function isCloser(pattern: string, other: string): boolean {
  const [a, b] = [pattern, other].map(text => text.replaceAll('*', '').length) as [number, number]
  return a === b ? pattern < other : a > b
}
