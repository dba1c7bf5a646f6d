import type { Milliseconds, Tensors } from '../../../core/index.ts'
import { LaneSet, type OpenLane } from '../lanes/index.ts'
import { type Budget, best, candidates, type Shape } from './shape.ts'

/** Part of a start that may be spent on trying one shape. */
const TRIAL_MS: Milliseconds = 200
/** Two runs of each lane at least: the first pays for memory. */
const LEAST_RUNS = 2

/** What a model is tried with. */
export interface Trial {
  /** As many rows as run together at most. */
  readonly inputs: Tensors
  readonly rows: number
}

/**
 * Opens the shape that computes the most rows a second, of those that the budget allows. `from` is open already, and
 * serves where it has that shape; else it is closed.
 */
export async function settle(
  from: LaneSet,
  budget: Budget,
  trial: Trial | undefined,
  open: OpenLane,
): Promise<LaneSet> {
  const shapes = candidates(budget)
  if (shapes.length === 1 || trial === undefined) return change(from, shapes[0]!, trial, open)
  const tried: { shape: LaneSet; rate: number }[] = []
  for (const shape of shapes) {
    // What has no room, or does not run a second time, is not chosen.
    const set = await LaneSet.open(shape, open).catch(() => undefined)
    const rate = set && (await rateOf(set, trial).catch(() => 0))
    if (set !== undefined && rate !== undefined) tried.push({ shape: set, rate })
  }
  const chosen = best(tried.filter(({ rate }) => rate > 0)) ?? from
  await Promise.all([from, ...tried.map(({ shape }) => shape)].map(set => set !== chosen && set.close()))
  return chosen
}

/** Opens and warms a shape, then closes the one before. */
export async function change(
  from: LaneSet,
  shape: Shape,
  trial: Trial | undefined,
  open: OpenLane,
): Promise<LaneSet> {
  if (isSame(from.shape, shape)) return from
  const set = await openWarm(shape, trial?.inputs, open)
  await from.close()
  return set
}

/** Lanes that have run once. Throws what opening or running threw; then none is left open. */
export async function openWarm(shape: Shape, inputs: Tensors | undefined, open: OpenLane): Promise<LaneSet> {
  const set = await LaneSet.open(shape, open)
  try {
    if (inputs !== undefined) await Promise.all(set.lanes.map(lane => lane.run([inputs])))
    return set
  } catch (error) {
    await set.close()
    throw error
  }
}

/** Rows a second, all lanes busy at the same time. */
async function rateOf(set: LaneSet, { inputs, rows }: Trial): Promise<number> {
  const run = async (slot: number): Promise<number> => {
    await set.run(slot, [inputs])
    const started = performance.now()
    let runs = 0
    while (runs < LEAST_RUNS || performance.now() - started < TRIAL_MS) {
      await set.run(slot, [inputs])
      runs++
    }
    return (runs * rows * 1000) / (performance.now() - started)
  }
  const rates = await Promise.all(Array.from({ length: set.size }, (_, slot) => run(slot)))
  return rates.reduce((sum, rate) => sum + rate, 0)
}

function isSame(a: Shape, b: Shape): boolean {
  if (a.kind === 'loop' || b.kind === 'loop') return a.kind === b.kind
  return a.lanes === b.lanes && a.threads === b.threads
}
