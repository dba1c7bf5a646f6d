import type { Milliseconds } from '../../../core/index.ts'
import type { InferenceError } from '../../errors.ts'
import { CostCurve, MAX_BATCH_ROWS } from './cost.ts'
import { Queues, type Waiting, type Work } from './queues.ts'
import { lateByThen, queueFull, tooLate } from './refusals.ts'

/** Requests that may wait; at 10,000 a second that is a tenth of one. */
export const MAX_WAITING = 1024
/** Bytes of inputs that may wait. */
export const MAX_WAITING_BYTES: number = 512 * 2 ** 20
/** Bytes of inputs that are joined: a lane keeps a copy of its batch, and outputs are often as large. */
export const MAX_BATCH_BYTES: number = 64 * 2 ** 20
/** Shapes whose costs are remembered, each some hundred bytes; others begin anew. */
const MAX_CURVES = 512

export type { Outcome, Work } from './queues.ts'

export interface BatcherOptions<Input, Output> {
  /** Runs works of one key together on a lane (0 … lanes − 1); an output for each, in order. */
  readonly run: (inputs: readonly Input[], lane: number) => Promise<readonly Output[]>
  /** Monotonic milliseconds. */
  readonly now: () => Milliseconds
  /** Lanes that compute at the same time; default 1. */
  readonly lanes?: number
  /** Whether a run keeps this thread busy: then the event loop gets a turn between two. Default false. */
  readonly blocking?: boolean
  readonly maxWaiting?: number | undefined
  readonly maxBatchRows?: number | undefined
}

/**
 * Gives a lane its next batch the moment the lane is free, and never waits for a fuller one: under load requests
 * gather by themselves while a batch runs. Priority goes first, then the earliest deadline; together with the first
 * go those of its key, up to what the learnt cost curve finds worthwhile and the first one's deadline allows. What
 * can't be in time is refused at once: QUEUE_FULL when too much waits, DEADLINE_EXCEEDED when what is ahead of it
 * costs more time than it has.
 */
export class Batcher<Input, Output> {
  readonly #options: BatcherOptions<Input, Output>
  readonly #queues: Queues<Input, Output>
  readonly #curves = new Map<string, CostCurve>()
  /** Lanes without a batch. */
  readonly #free: number[] = []
  /** When the batch of each busy lane is expected to be done. */
  readonly #doneAt = new Map<number, Milliseconds>()
  #lanes = 0
  #blocking: boolean
  #scheduled = false
  #order = 0

  constructor(options: BatcherOptions<Input, Output>) {
    this.#options = options
    this.#blocking = options.blocking ?? false
    this.#queues = new Queues(options.now, ({ work, since }) =>
      work.done({ kind: 'failed', error: tooLate(), queueMs: options.now() - since, computeMs: 0 }),
    )
    this.use(options.lanes ?? 1)
  }

  get waiting(): number {
    return this.#queues.waiting
  }

  /** Batches under way. */
  get running(): number {
    return this.#doneAt.size
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

  /** Rows of a key that run together at most. */
  capOf(key: string): number {
    return Math.min(this.curve(key).cap, this.#options.maxBatchRows ?? MAX_BATCH_ROWS)
  }

  /** From now on these many lanes compute; a lane above them gets no further batch. */
  use(lanes: number, blocking: boolean = this.#blocking): void {
    for (let lane = this.#lanes; lane < lanes; lane++) if (!this.#doneAt.has(lane)) this.#free.push(lane)
    this.#lanes = Math.max(1, lanes)
    this.#blocking = blocking
    const kept = this.#free.filter(lane => lane < lanes)
    this.#free.splice(0, this.#free.length, ...kept)
    if (this.waiting > 0) this.#schedule()
  }

  /** Takes a work; returns what cancels it while it waits. Its outcome is told exactly once unless cancelled. */
  add(work: Work<Input, Output>): () => void {
    const error = this.#refusal(work)
    if (error !== undefined) {
      work.done({ kind: 'failed', error, queueMs: 0, computeMs: 0 })
      return () => {}
    }
    const since = this.#options.now()
    const item: Waiting<Input, Output> = { work, since, order: 0, alone: work.alone, state: 'waiting' }
    this.#enqueue(item)
    return () => this.#queues.cancel(item)
  }

  /** Time until what waits now is worked off, as far as it is known. */
  get backlogMs(): Milliseconds {
    return this.#timeOf(this.#queues.rowsAhead(undefined), undefined)
  }

  #enqueue(item: Waiting<Input, Output>): void {
    item.order = this.#order++
    this.#queues.push(item)
    this.#schedule()
  }

  #refusal(work: Work<Input, Output>): InferenceError | undefined {
    const { waiting, bytes } = this.#queues
    if (waiting >= (this.#options.maxWaiting ?? MAX_WAITING) || bytes + work.bytes > MAX_WAITING_BYTES) {
      return queueFull(waiting, this.backlogMs)
    }
    const now = this.#options.now()
    if (work.deadline <= now) return tooLate()
    // Whoever waits for nobody is tried, whatever was learnt: so what was learnt wrongly is unlearnt.
    if (this.#free.length > 0 && waiting === 0) return undefined
    const left = work.deadline - now
    // All that waits is more than what is ahead, and cheap to know; only then it is worth counting.
    if (this.#timeOf(this.#queues.rowsAhead(undefined), work) <= left) return undefined
    const needed = this.#timeOf(this.#queues.rowsAhead(work), work)
    return needed <= left ? undefined : lateByThen(left, needed)
  }

  /**
   * Expected time until the rows of each key are computed, those of `work` behind them: a lane gets free, the whole
   * batches and the rests share the lanes, and the last batch, with `work` in it, takes its time on one.
   */
  #timeOf(waiting: Iterable<readonly [string, number]>, work: Work<Input, Output> | undefined): Milliseconds {
    const now = this.#options.now()
    let running = 0
    for (const done of this.#doneAt.values()) running += Math.max(0, done - now)
    const soon = this.#free.length > 0 ? 0 : running / Math.max(1, this.#doneAt.size)
    let ahead = 0
    let joined = work?.rows ?? 0
    for (const [key, rows] of waiting) {
      if (key === work?.key && !work.alone) joined += rows
      else ahead += this.#cost(key, rows)
    }
    if (work === undefined) return soon + ahead / this.#lanes
    const last = this.curve(work.key).estimate(work.alone ? joined : lastBatch(joined, this.capOf(work.key)))
    if (!work.alone) ahead += this.#cost(work.key, joined) - last
    // It begins when the first lane is free, not when all are: no one is refused for being unlucky.
    return soon + Math.max(0, ahead - (this.#lanes - 1) * last) / this.#lanes + last
  }

  /** Of whole batches, and the rest as a batch of its own size. */
  #cost(key: string, rows: number): Milliseconds {
    if (rows === 0) return 0
    const cap = this.capOf(key)
    const rest = lastBatch(rows, cap)
    const curve = this.curve(key)
    return ((rows - rest) / cap) * curve.estimate(cap) + curve.estimate(rest)
  }

  /** At the end of this turn, so that all that came in one read goes together. */
  #schedule(): void {
    if (this.#free.length === 0 || this.#scheduled) return
    this.#scheduled = true
    process.nextTick(this.#dispatch)
  }

  readonly #dispatch = (): void => {
    this.#scheduled = false
    while (this.#free.length > 0) {
      const batch = this.#next()
      if (batch.length === 0) return
      void this.#run(batch, this.#free.pop()!)
    }
  }

  async #run(batch: readonly Waiting<Input, Output>[], lane: number): Promise<void> {
    const { run, now } = this.#options
    const started = now()
    const { key } = batch[0]!.work
    const rows = rowsOf(batch)
    this.#doneAt.set(lane, started + this.curve(key).estimate(rows))
    let outputs: readonly Output[] | undefined
    let problem: unknown
    try {
      outputs = await run(
        batch.map(({ work }) => work.input),
        lane,
      )
      this.curve(key).observe(rows, now() - started)
    } catch (error) {
      problem = error
    }
    const computeMs = now() - started
    this.#doneAt.delete(lane)
    if (lane < this.#lanes) this.#free.push(lane)
    this.#goOn()
    for (const [i, item] of batch.entries()) {
      const queueMs = started - item.since
      if (outputs !== undefined) item.work.done({ kind: 'done', output: outputs[i]!, queueMs, computeMs })
      else if (batch.length === 1) item.work.done({ kind: 'failed', error: problem, queueMs, computeMs })
      else this.#again(item)
    }
  }

  /** One bad request must not fail its neighbours: each runs again, alone. */
  #again(item: Waiting<Input, Output>): void {
    if (item.state === 'canceled') return
    item.alone = true
    this.#enqueue(item)
  }

  /** A lane that blocked the event loop lets it read what came meanwhile; another gets its next batch at once. */
  #goOn(): void {
    if (!this.#blocking) this.#dispatch()
    else if (!this.#scheduled) {
      this.#scheduled = true
      setImmediate(this.#dispatch)
    }
  }

  #next(): readonly Waiting<Input, Output>[] {
    const first = this.#queues.takeFirst()
    if (first === undefined) return []
    if (first.alone) return [first]
    const batch = [first]
    const limit = this.#limit(first.work)
    let { rows, bytes } = first.work
    for (;;) {
      const next = this.#queues.takeNext(
        first.work.key,
        work => rows + work.rows <= limit && bytes + work.bytes <= MAX_BATCH_BYTES,
      )
      if (next === undefined) return batch
      rows += next.work.rows
      bytes += next.work.bytes
      batch.push(next)
    }
  }

  /** Rows that are worthwhile and let the first be in time. */
  #limit(first: Work<Input, Output>): number {
    const curve = this.curve(first.key)
    const left = first.deadline - this.#options.now()
    return Math.max(first.rows, Math.min(this.capOf(first.key), curve.rowsWithin(left)))
  }
}

function rowsOf(batch: readonly Waiting<unknown, unknown>[]): number {
  return batch.reduce((sum, { work }) => sum + work.rows, 0)
}

/** Rows of the last of the batches that `rows` make, 1 … cap. */
function lastBatch(rows: number, cap: number): number {
  return rows % cap === 0 ? Math.min(rows, cap) : rows % cap
}
