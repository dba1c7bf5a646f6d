import { git, zeroSeparated } from './git.ts'
import type { WorkingTree } from './repository.ts'

/** What the working tree is compared with, and how to say so. */
export interface Base {
  readonly commit: string
  readonly why: string
}

/**
 * What counts as "before" for a working tree: where the branch was pushed to; else where it left the default
 * branch; on the default branch the commit before. Undefined where there is nothing to compare with, as for a
 * branch that is new.
 */
export async function baseOf(tree: WorkingTree, target: string | undefined): Promise<Base | undefined> {
  const state = tree.git
  if (!state?.head) return undefined
  if (target !== undefined) return mergeBase(tree, target)
  const { branch, defaultBranch, head } = state
  if (branch !== undefined) {
    const pushed = await commitOf(tree, `refs/remotes/origin/${branch}`)
    if (pushed) return { commit: pushed, why: `origin/${branch}` }
    if (branch !== defaultBranch) {
      const left = await mergeBase(tree, defaultBranch)
      if (left) return left
    }
  }
  const [parent] = head.parents
  return parent === undefined ? undefined : { commit: parent, why: 'the commit before' }
}

async function mergeBase(tree: WorkingTree, branch: string): Promise<Base | undefined> {
  for (const ref of [`refs/remotes/origin/${branch}`, `refs/heads/${branch}`]) {
    const found = (await git(tree.root, 'merge-base', 'HEAD', ref))?.trim()
    if (found) return { commit: found, why: `where it left ${branch}` }
  }
  return undefined
}

export async function commitOf(tree: WorkingTree, ref: string): Promise<string | undefined> {
  if (ref.startsWith('-')) return undefined
  return (await git(tree.root, 'rev-parse', '--verify', '--quiet', `${ref}^{commit}`))?.trim() || undefined
}

/** Files of the working tree that differ from a commit's, and those that it does not have. */
export async function changedSince(
  tree: WorkingTree,
  commit: string,
): Promise<readonly string[] | undefined> {
  const [differing, untracked] = await Promise.all([
    git(tree.root, 'diff', '--name-only', '--relative', '-z', '--no-renames', '--no-ext-diff', commit, '--'),
    git(tree.root, 'ls-files', '-z', '--others', '--exclude-standard'),
  ])
  if (differing === undefined) return undefined
  return [...new Set([...zeroSeparated(differing), ...zeroSeparated(untracked)])].sort()
}
