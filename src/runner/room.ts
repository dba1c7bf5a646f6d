import type { Resources } from './received.ts'

/** Sums of fractions are not exact: a slot is free although a billionth of it is missing. */
const ROUNDING = 1e-6

export interface Share {
  readonly cpu: number
  readonly memoryBytes: number
}

/**
 * What jobs take of a machine. A job that says how much takes so much; any other takes one slot, which is an equal
 * part of all.
 *
 *   8 cores, 4 slots: a slot is 2 cores; a job of 6 cores leaves one slot free
 */
export class Room {
  readonly #all: Share
  readonly #slots: number
  #taken: Share = { cpu: 0, memoryBytes: 0 }

  constructor(all: Share, slots: number) {
    this.#all = all
    this.#slots = slots
  }

  shareOf(resources: Resources | undefined): Share {
    const { cpu, memoryBytes } = this.#all
    if (!resources) return { cpu: cpu / this.#slots, memoryBytes: memoryBytes / this.#slots }
    return { cpu: resources.cpu ?? 0, memoryBytes: resources.memoryBytes ?? 0 }
  }

  /** One that is larger than the machine fits while nothing else runs. */
  fits(share: Share): boolean {
    const { cpu, memoryBytes } = this.free
    if (
      this.#taken.cpu <= this.#all.cpu * ROUNDING &&
      this.#taken.memoryBytes <= this.#all.memoryBytes * ROUNDING
    )
      return true
    const [cores, bytes] = [this.#all.cpu * ROUNDING, this.#all.memoryBytes * ROUNDING]
    return share.cpu <= cpu + cores && share.memoryBytes <= memoryBytes + bytes
  }

  take(share: Share): void {
    this.#taken = {
      cpu: this.#taken.cpu + share.cpu,
      memoryBytes: this.#taken.memoryBytes + share.memoryBytes,
    }
  }

  give(share: Share): void {
    this.take({ cpu: -share.cpu, memoryBytes: -share.memoryBytes })
  }

  get free(): Share {
    return {
      cpu: Math.max(0, this.#all.cpu - this.#taken.cpu),
      memoryBytes: Math.max(0, this.#all.memoryBytes - this.#taken.memoryBytes),
    }
  }

  /** How many jobs that take one slot still fit. */
  get freeSlots(): number {
    const { cpu, memoryBytes } = this.free
    const part = Math.min(cpu / this.#all.cpu, memoryBytes / this.#all.memoryBytes)
    return Math.floor(part * this.#slots + ROUNDING)
  }
}
