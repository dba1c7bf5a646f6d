import { BallastError } from '../../../core/index.ts'
import type { Comparison } from '../measure.ts'

/** Nodes that are judged together where there are more: each judgement writes and loads a model. */
const MAX_GROUPS = 32

export interface Sensitivity {
  readonly nodes: readonly string[]
  /** The largest difference of answers over the largest answer, when these nodes alone are changed. */
  readonly drift: number
}

export interface SensitivityRequest {
  /** What the whole change changed, in the graph's order. */
  readonly nodes: readonly string[]
  /** Makes the variant in which all but `keep` is changed, and runs it beside the original. */
  readonly compare: (keep: ReadonlySet<string>) => Promise<Comparison>
  readonly say: (line: string) => void
}

/** Groups of neighbouring nodes by how far they move the answers, each alone; the farthest first. */
export async function sensitivities(request: SensitivityRequest): Promise<readonly Sensitivity[]> {
  const { nodes, compare, say } = request
  const found: Sensitivity[] = []
  for (const group of groupsOf(nodes)) {
    const own = new Set(group)
    const keep = new Set(nodes.filter(node => !own.has(node)))
    found.push({ nodes: group, drift: await driftOf(() => compare(keep)) })
    say(`sensitivity: ${found.length} of ${Math.min(nodes.length, MAX_GROUPS)}`)
  }
  return found.toSorted((a, b) => b.drift - a.drift)
}

async function driftOf(compare: () => Promise<Comparison>): Promise<number> {
  try {
    const { drift } = await compare()
    return Math.max(0, ...drift.map(({ relative }) => relative))
  } catch (cause) {
    // One that does not run is to be kept before all others.
    if (cause instanceof BallastError) return Number.POSITIVE_INFINITY
    throw cause
  }
}

function groupsOf(nodes: readonly string[]): readonly (readonly string[])[] {
  const size = Math.ceil(nodes.length / MAX_GROUPS)
  const groups: string[][] = []
  for (let at = 0; at < nodes.length; at += size) groups.push(nodes.slice(at, at + size))
  return groups
}

/** How many of the most sensitive groups are kept, one try after the other: half of them at most. */
export function* keepCounts(groups: number): Generator<number, void> {
  for (let count = 1; count <= groups / 2; count *= 2) yield count
}
