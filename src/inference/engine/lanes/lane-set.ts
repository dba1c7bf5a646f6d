import type { Tensors } from '../../../core/index.ts'
import type { Shape } from '../placement/shape.ts'
import type { Lane, LaneRun } from './lane.ts'

/** Opens one lane of a shape. `onLost`: it is gone, by itself. */
export type OpenLane = (shape: Shape, onLost: (error: Error) => void) => Promise<Lane>

interface Slot {
  lane: Lane | undefined
  /** A lane that was lost is opened anew by the next run that wants it. */
  opening: Promise<Lane> | undefined
}

/** The lanes of one shape. Runs on a slot take turns by themselves: their caller gives a slot one at a time. */
export class LaneSet {
  readonly shape: Shape
  readonly #open: OpenLane
  readonly #slots: Slot[] = []

  private constructor(shape: Shape, open: OpenLane) {
    this.shape = shape
    this.#open = open
  }

  /** Throws what opening threw; then none is left open. */
  static async open(shape: Shape, open: OpenLane): Promise<LaneSet> {
    const set = new LaneSet(shape, open)
    const lanes = shape.kind === 'loop' ? 1 : shape.lanes
    for (let slot = 0; slot < lanes; slot++) set.#slots.push({ lane: undefined, opening: undefined })
    const opened = await Promise.allSettled(set.#slots.map(slot => set.#laneOf(slot)))
    const failed = opened.find(each => each.status === 'rejected')
    if (failed === undefined) return set
    await set.close()
    throw failed.reason
  }

  get size(): number {
    return this.#slots.length
  }

  get first(): Lane {
    return this.#slots[0]!.lane!
  }

  get lanes(): readonly Lane[] {
    return this.#slots.flatMap(({ lane }) => lane ?? [])
  }

  /** Throws ModelError. A run whose lane is lost fails; the next one gets a new lane. */
  async run(slot: number, parts: readonly Tensors[], outputs?: readonly string[]): Promise<LaneRun> {
    const lane = this.#slots[slot]!.lane ?? (await this.#laneOf(this.#slots[slot]!))
    return lane.run(parts, outputs)
  }

  /** After the runs under way. */
  async close(): Promise<void> {
    await Promise.all(this.lanes.map(lane => lane.close()))
  }

  #laneOf(slot: Slot): Promise<Lane> {
    slot.opening ??= this.#open(this.shape, () => {
      slot.lane = undefined
    })
      .then(lane => {
        slot.lane = lane
        return lane
      })
      .finally(() => {
        slot.opening = undefined
      })
    return slot.opening
  }
}
