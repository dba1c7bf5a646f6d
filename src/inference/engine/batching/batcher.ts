import type { Milliseconds } from '../../../core/index.ts'
import { InferenceError } from '../../errors.ts'
import { CostCurve } from './cost.ts'
import { Heap } from './heap.ts'

/** Requests that may wait; at 10,000 a second that is a tenth of one. */
export const MAX_WAITING = 1024
/** Bytes of inputs that may wait. */
export const MAX_WAITING_BYTES: number = 512 * 2 ** 20
/** Shapes whose costs are remembered; others begin anew. */
const MAX_CURVES = 32

/** One request for the lane. */
export interface Work<Input, Output> {
  readonly input: Input
  /** Works of one key may run together: same inputs, types and shapes behind axis 0. No key: runs alone. */
  readonly key: string | undefined
  /** Along axis 0. */
  readonly rows: number
  readonly bytes: number
  /** When nobody waits any more: monotonic milliseconds. */
  readonly deadline: Milliseconds
  done(outcome: Outcome<Output>): void
}

export type Outcome<Output> =
  | { readonly kind: 'done'; readonly output: Output }
  | { readonly kind: 'failed'; readonly error: unknown }

export interface BatcherOptions<Input, Output> {
  /** Runs works of one key together; an output for each, in order. */
  readonly run: (inputs: readonly Input[]) => Promise<readonly Output[]>
  /** Monotonic milliseconds. */
  readonly now: () => Milliseconds
  readonly maxWaiting?: number
}

interface Item<Input, Output> {
  readonly work: Work<Input, Output>
  readonly order: number
  dead: boolean
}

/**
 * Gives a lane its next batch the moment the lane is free, and never waits for a fuller one: under load requests
 * gather by themselves while a batch runs. Earliest deadline first; together with the first go those of its key,
 * up to what the learnt cost curve finds worthwhile and the first one's deadline allows. What can't be in time
 * is refused early: QUEUE_FULL when too much waits, DEADLINE_EXCEEDED when its turn comes too late.
 */
export class Batcher<Input, Output> {
  readonly #options: BatcherOptions<Input, Output>
  readonly #queues = new Map<string, Heap<Item<Input, Output>>>()
  readonly #curves = new Map<string, CostCurve>()
  #alone = 0
  #order = 0
  #waiting = 0
  #bytes = 0
  #busy = false
  #scheduled = false

  constructor(options: BatcherOptions<Input, Output>) {
    this.#options = options
  }

  get waiting(): number {
    return this.#waiting
  }

  /** What was learnt about works of a key. */
  curve(key: string): CostCurve {
    let curve = this.#curves.get(key)
    if (curve === undefined) {
      curve = new CostCurve()
      if (this.#curves.size >= MAX_CURVES) this.#curves.delete(this.#curves.keys().next().value ?? '')
      this.#curves.set(key, curve)
    }
    return curve
  }

  /** Takes a work; returns what cancels it while it waits. Its outcome is told exactly once unless cancelled. */
  add(work: Work<Input, Output>): () => void {
    if (
      this.#waiting >= (this.#options.maxWaiting ?? MAX_WAITING) ||
      this.#bytes + work.bytes > MAX_WAITING_BYTES
    ) {
      work.done({ kind: 'failed', error: this.#full() })
      return () => {}
    }
    const item = { work, order: this.#order++, dead: false }
    const key = work.key ?? `alone ${this.#alone++}`
    const queue = this.#queues.get(key) ?? new Heap<Item<Input, Output>>(before)
    if (queue.size === 0) this.#queues.set(key, queue)
    queue.push(item)
    this.#waiting++
    this.#bytes += work.bytes
    this.#schedule()
    return () => {
      if (!item.dead) this.#leave(item)
    }
  }

  /** At the end of this turn, so that all that came in one read goes together. */
  #schedule(): void {
    if (this.#busy || this.#scheduled) return
    this.#scheduled = true
    process.nextTick(this.#dispatch)
  }

  readonly #dispatch = (): void => {
    this.#scheduled = false
    if (this.#busy) return
    const batch = this.#next()
    if (batch.length === 0) return
    this.#busy = true
    void this.#run(batch)
  }

  async #run(batch: readonly Work<Input, Output>[]): Promise<void> {
    const started = this.#options.now()
    let outputs: readonly Output[] | undefined
    let problem: unknown
    try {
      outputs = await this.#options.run(batch.map(work => work.input))
      const { key } = batch[0]!
      if (key !== undefined) this.curve(key).observe(rowsOf(batch), this.#options.now() - started)
    } catch (error) {
      problem = error
    }
    this.#busy = false
    // The lane may have blocked the event loop: let it read what came meanwhile before the next batch is made.
    this.#scheduled = true
    setImmediate(this.#dispatch)
    if (outputs === undefined) this.#failed(batch, problem)
    else for (const [i, work] of batch.entries()) work.done({ kind: 'done', output: outputs[i]! })
  }

  /** One bad request must not fail its neighbours: each runs again, alone. */
  #failed(batch: readonly Work<Input, Output>[], error: unknown): void {
    if (batch.length === 1) {
      batch[0]!.done({ kind: 'failed', error })
      return
    }
    for (const work of batch) {
      const { input, rows, bytes, deadline } = work
      this.add({ input, key: undefined, rows, bytes, deadline, done: outcome => work.done(outcome) })
    }
  }

  #next(): readonly Work<Input, Output>[] {
    const [key, queue] = this.#earliest() ?? []
    const first = queue?.pop()
    if (key === undefined || queue === undefined || first === undefined) return []
    this.#leave(first)
    const batch = [first.work]
    if (first.work.key !== undefined) this.#fill(batch, queue, this.#limit(first.work))
    if (queue.size === 0) this.#queues.delete(key)
    return batch
  }

  #fill(batch: Work<Input, Output>[], queue: Heap<Item<Input, Output>>, limit: number): void {
    let rows = batch[0]!.rows
    for (let item = this.#head(queue); item; item = this.#head(queue)) {
      if (rows + item.work.rows > limit) return
      queue.pop()
      this.#leave(item)
      batch.push(item.work)
      rows += item.work.rows
    }
  }

  /** Rows that are worthwhile and let the first be in time. */
  #limit(first: Work<Input, Output>): number {
    const curve = this.curve(first.key!)
    const left = first.deadline - this.#options.now()
    let rows = curve.cap
    while (rows > first.rows && curve.estimate(rows) > left) rows = Math.floor(rows / 2)
    return Math.max(rows, first.rows)
  }

  #earliest(): readonly [string, Heap<Item<Input, Output>>] | undefined {
    let best: readonly [string, Heap<Item<Input, Output>>] | undefined
    let earliest: Item<Input, Output> | undefined
    for (const entry of this.#queues) {
      const head = this.#head(entry[1])
      if (head === undefined) this.#queues.delete(entry[0])
      else if (earliest === undefined || before(head, earliest)) [best, earliest] = [entry, head]
    }
    return best
  }

  /** The first that still waits; those whose time is over are told so on the way. */
  #head(queue: Heap<Item<Input, Output>>): Item<Input, Output> | undefined {
    const now = this.#options.now()
    for (let item = queue.peek(); item; item = queue.peek()) {
      if (!item.dead && item.work.deadline > now) return item
      queue.pop()
      if (item.dead) continue
      this.#leave(item)
      item.work.done({ kind: 'failed', error: late() })
    }
    return undefined
  }

  #leave(item: Item<Input, Output>): void {
    item.dead = true
    this.#waiting--
    this.#bytes -= item.work.bytes
  }

  #full(): InferenceError {
    return new InferenceError('QUEUE_FULL', {
      message: `${this.#waiting} requests wait for this replica already`,
      hint: 'Try again in a second, or give the model more replicas.',
    })
  }
}

function before(a: Item<unknown, unknown>, b: Item<unknown, unknown>): boolean {
  return a.work.deadline < b.work.deadline || (a.work.deadline === b.work.deadline && a.order < b.order)
}

function rowsOf(batch: readonly Work<unknown, unknown>[]): number {
  return batch.reduce((sum, work) => sum + work.rows, 0)
}

function late(): InferenceError {
  return new InferenceError('DEADLINE_EXCEEDED', {
    message: 'The deadline passed before the model was free',
    hint: 'Give the request more time, or the model more replicas.',
  })
}
