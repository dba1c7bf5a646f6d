import type { CommitId } from '../../core/index.ts'
import { isRefName, NO_COMMIT, type RefChange } from '../../git/index.ts'

/** By name without `refs/`: `heads/main`, `tags/v1`. */
export type Names = ReadonlyMap<string, CommitId>

export interface MirrorFacts {
  /** What the remote has now. */
  readonly fetched: Names
  /** What was taken over the last time. */
  readonly mirrored: Names
  /** What the project has. */
  readonly own: Names
  readonly defaultBranch: string
  isAncestor(ancestor: CommitId, descendant: CommitId): Promise<boolean>
}

export interface MirrorPlan {
  /** Refs of the project to move, each with its note of what was taken over. */
  readonly moves: readonly { readonly own?: RefChange; readonly mirrored?: RefChange }[]
  /** Refs that stay, and why. */
  readonly kept: readonly string[]
}

/**
 * What follows the remote, and what stays because somebody pushed it here: nothing of the project's own is lost.
 *
 *   own as it was taken over, remote moved in any way  -> moves, or goes with the remote's
 *   own behind the remote                              -> moves
 *   own has commits that the remote has not            -> stays, and is told
 *   the default branch is gone at the remote           -> stays
 */
export async function planMirror(facts: MirrorFacts): Promise<MirrorPlan> {
  const moves: MirrorPlan['moves'][number][] = []
  const kept: string[] = []
  const names = new Set([...facts.fetched.keys(), ...facts.mirrored.keys()])
  for (const name of [...names].toSorted()) {
    const [theirs, last] = [facts.fetched.get(name) ?? NO_COMMIT, facts.mirrored.get(name) ?? NO_COMMIT]
    const own = facts.own.get(name) ?? NO_COMMIT
    if (!isRefName(`refs/ballast/mirrored/${name}`)) {
      kept.push(`${name.slice(0, 100)} has a name that is not taken`)
      continue
    }
    const mirrored = theirs === last ? undefined : changeOf('refs/ballast/mirrored/', name, last, theirs)
    if (own === theirs || theirs === last) {
      if (mirrored) moves.push({ mirrored })
      continue
    }
    const reason = await whyKept(facts, name, { own, theirs, last })
    if (reason === undefined) {
      moves.push({ own: changeOf('refs/', name, own, theirs), ...(mirrored && { mirrored }) })
    } else kept.push(`${name.replace(/^(heads|tags)\//, '')} stays: ${reason}`)
  }
  return { moves, kept }
}

async function whyKept(
  { defaultBranch, isAncestor }: MirrorFacts,
  name: string,
  { own, theirs, last }: Readonly<Record<'own' | 'theirs' | 'last', CommitId>>,
): Promise<string | undefined> {
  if (theirs === NO_COMMIT) {
    if (name === `heads/${defaultBranch}`) return 'it is the default branch, and gone at the remote'
    return own === last ? undefined : 'it is gone at the remote, and was pushed to here'
  }
  if (own === last || own === NO_COMMIT) {
    return own === NO_COMMIT && last !== NO_COMMIT ? 'it was deleted here' : undefined
  }
  if (name.startsWith('heads/') && (await isAncestor(own, theirs))) return undefined
  return 'it was pushed to here, and the remote has gone another way'
}

function changeOf(prefix: string, name: string, before: CommitId, after: CommitId): RefChange {
  return { ref: `${prefix}${name}`, before, after }
}
