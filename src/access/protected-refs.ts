import { branchMatches } from '../core/index.ts'
import type { Project } from './types.ts'

/**
 * Whether only maintainers move this ref, so that what is on it has been taken up by the project: the default
 * branch, and what the project protects beside it.
 *
 *   refs/heads/main                 yes, where it is the default branch
 *   refs/heads/main/topic           no
 *   refs/tags/v1                    with the pattern refs/tags/v*
 *   refs/merge-requests/3/head      never: anybody who may push a branch moves it
 */
export function isProtectedRef(
  { defaultBranch, protectedRefs = [] }: Pick<Project, 'defaultBranch' | 'protectedRefs'>,
  ref: string,
): boolean {
  if (!ref.startsWith('refs/heads/') && !ref.startsWith('refs/tags/')) return false
  return ref === `refs/heads/${defaultBranch}` || protectedRefs.some(pattern => branchMatches(pattern, ref))
}
