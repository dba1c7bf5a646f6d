import { busyJobs } from './busy.ts'

/** However idle the machine: each job has files, pipes and memory. */
const MAX_AUTO_SLOTS = 64
/** How often a full house is looked at, and how long a job counts as busy before it can be judged. */
const LOOK_MS = 10
const YOUNG_MS = 15

export interface SlotOptions {
  /** auto: as many jobs as there are cores, and more while those that run leave cores idle. */
  readonly limit: number | 'auto'
  readonly cores: number
  /** Whether there is memory for one more. */
  readonly roomy: () => boolean
  /** How many of these processes' trees have something to compute now; undefined: it can't be told. */
  readonly busy?: (pids: readonly number[]) => number | undefined
}

interface Waiting {
  readonly priority: number
  readonly order: number
  readonly start: (slot: Slot) => void
}

/** A place in which a job runs. */
export interface Slot {
  /** From 0: no other place in use has it. */
  readonly number: number
  /** Its process, once there is one. */
  runs(pid: number): void
  free(): void
}

/** Hands out places to jobs: the one with the highest priority first, of equals the first that asked. */
export class Slots {
  readonly #options: SlotOptions
  readonly #waiting: Waiting[] = []
  readonly #taken = new Map<Slot, { pid?: number; readonly since: number }>()
  #order = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: SlotOptions) {
    this.#options = options
  }

  get taken(): number {
    return this.#taken.size
  }

  take(priority: number, signal: AbortSignal): Promise<Slot> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      if (this.#waiting.length === 0 && this.#taken.size < this.#base) return resolve(this.#occupy())
      const waiting: Waiting = {
        priority,
        order: this.#order++,
        start: slot => {
          signal.removeEventListener('abort', leave)
          resolve(slot)
        },
      }
      const leave = (): void => {
        const at = this.#waiting.indexOf(waiting)
        if (at >= 0) this.#waiting.splice(at, 1)
        reject(signal.reason)
      }
      signal.addEventListener('abort', leave, { once: true })
      this.#insert(waiting)
      this.#hand()
    })
  }

  get #base(): number {
    const { limit, cores } = this.#options
    return limit === 'auto' ? cores : limit
  }

  #insert(waiting: Waiting): void {
    let at = this.#waiting.length
    while (at > 0 && this.#waiting[at - 1]!.priority < waiting.priority) at--
    this.#waiting.splice(at, 0, waiting)
  }

  #hand(): void {
    while (this.#waiting.length > 0 && this.#taken.size < this.#base) this.#give()
    if (this.#options.limit !== 'auto' || this.#waiting.length === 0) this.#rest()
    else this.#timer ??= setInterval(() => this.#grow(), LOOK_MS).unref()
  }

  #give(): void {
    this.#waiting.shift()!.start(this.#occupy())
  }

  #occupy(): Slot {
    const used = new Set([...this.#taken.keys()].map(slot => slot.number))
    let number = 0
    while (used.has(number)) number++
    const slot: Slot = {
      number,
      runs: pid => {
        const taken = this.#taken.get(slot)
        if (taken) taken.pid = pid
      },
      free: () => {
        if (this.#taken.delete(slot)) this.#hand()
      },
    }
    this.#taken.set(slot, { since: performance.now() })
    return slot
  }

  /** Opens places where jobs wait and those that run are asleep: for the network, for a timer, for each other. */
  #grow(): void {
    const { cores, roomy, busy = busyJobs } = this.#options
    const settled = performance.now() - YOUNG_MS
    const old = [...this.#taken.values()].filter(({ since }) => since < settled)
    const active = busy(old.flatMap(({ pid }) => pid ?? []))
    if (active === undefined || this.#waiting.length === 0) {
      this.#rest()
      return
    }
    const young = this.#taken.size - old.length
    // Twice as many at most each time: who only just began may be about to compute.
    const room = Math.min(
      Math.max(cores, this.#taken.size) - active - young,
      MAX_AUTO_SLOTS - this.#taken.size,
      this.#waiting.length,
    )
    if (active + young >= cores || room <= 0 || !roomy()) return
    for (let n = 0; n < room; n++) this.#give()
  }

  #rest(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
