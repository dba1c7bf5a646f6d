import type { OnnxGraph, OnnxModel } from '../../../formats/index.ts'
import { inferValues } from '../../shapes/infer.ts'
import type { Kept } from '../../types.ts'
import { constantsAsInitializers } from '../constants.ts'
import { inlineFunctions } from '../functions/inline.ts'
import { bodiesOf } from '../functions/names.ts'
import type { Computer } from './computer.ts'
import { Folding } from './folding/fold.ts'
import { foldAffine } from './steps/affine/index.ts'
import { takeBranches } from './steps/branches.ts'
import { joinCasts } from './steps/casts.ts'
import { liftConstants } from './steps/constants.ts'
import { removeDead } from './steps/dead.ts'
import { removeDuplicates } from './steps/duplicates.ts'
import { joinSums, turnMatrices } from './steps/gemm.ts'
import { foldKnown } from './steps/known.ts'
import { removeNoops } from './steps/noops.ts'
import { joinPads } from './steps/pads.ts'
import { removeRelus } from './steps/relus.ts'
import { joinReshapes, settleReshapes } from './steps/reshapes.ts'
import { tieWeights } from './steps/ties.ts'
import { joinTransposes } from './steps/transposes.ts'
import { enter } from './world/enter.ts'
import { leave } from './world/leave.ts'
import type { World } from './world/world.ts'

/** What one round leaves another may see more of. Real models settle in three or four. */
const MAX_ROUNDS = 16

/** What a pass is called in reports, in the order in which they run. */
const PASSES: readonly (readonly [name: string, pass: (world: World) => void])[] = [
  ['unused', removeDead],
  ['constants', liftConstants],
  ['branches', takeBranches],
  ['no-ops', removeNoops],
  ['known', foldKnown],
  ['duplicates', removeDuplicates],
  ['casts', joinCasts],
  ['reshapes', settleReshapes],
  ['reshapes', joinReshapes],
  ['transposes', joinTransposes],
  ['relus', removeRelus],
  ['pads', joinPads],
  ['channels', foldAffine],
  ['gemm', joinSums],
  ['gemm', turnMatrices],
  ['unused', removeDead],
]

export interface SimplifyOptions {
  /** Absent: constants are folded where that takes no runtime. */
  readonly computer?: Computer
}

export interface Simplified {
  readonly model: OnnxModel
  /** Nodes, those of bodies too, before and after; a call of a function is one. */
  readonly nodes: { readonly before: number; readonly after: number }
  /** By how many nodes each pass made it less, those that did something. */
  readonly passes: readonly { readonly name: string; readonly removed: number }[]
  /** Nodes that are constant, and stay. */
  readonly kept: readonly Kept[]
}

function nodesIn({ nodes }: OnnxGraph): number {
  return nodes.reduce(
    (sum, node) => sum + 1 + bodiesOf(node).reduce((all, body) => all + nodesIn(body), 0),
    0,
  )
}

/**
 * A model that gives the same with fewer nodes: names of inputs and outputs stay, numbers move by rounding only.
 * Weights are read where two may be equal; those that change are computed when they are read. Deterministic. Throws
 * OPTIMIZE_UNSUPPORTED for models that no runtime loads.
 */
export async function simplify(given: OnnxModel, { computer }: SimplifyOptions = {}): Promise<Simplified> {
  const inlined = inlineFunctions(given)
  const model = constantsAsInitializers(inlined.model)
  const world = enter(model)
  const whole = world.nodeCount + inlined.model.graph.nodes.length - model.graph.nodes.length
  const before = inlined.calls === 0 ? whole : nodesIn(given.graph)
  const tally = new Map<string, number>()
  const count = (name: string, from: number) =>
    tally.set(name, (tally.get(name) ?? 0) + from - world.nodeCount)
  tally.set('functions', before - whole)
  count('constants', whole)
  const folding = computer && new Folding(model, computer)
  const run = (name: string, pass: (world: World) => void) => {
    const from = world.nodeCount
    pass(world)
    count(name, from)
  }
  let tied = false
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const changes = world.changes
    // A name means the same value for ever: what passes make is not known before the next round, and nothing is wrong.
    world.values = inferValues(world)
    for (const [name, pass] of PASSES) run(name, pass)
    if (world.changes !== changes) continue
    const from = world.nodeCount
    await folding?.fold(world)
    count('constants', from)
    if (world.changes !== changes) continue
    // At last, so that a weight which two nodes share is not one that neither may change.
    if (tied) break
    await tieWeights(world)
    tied = true
  }
  return {
    model: leave(model, world),
    nodes: { before, after: world.nodeCount },
    passes: Array.from(tally, ([name, removed]) => ({ name, removed })).filter(
      ({ removed }) => removed !== 0,
    ),
    kept: [...inlined.kept, ...(folding?.kept ?? [])],
  }
}
