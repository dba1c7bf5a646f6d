import type { Milliseconds } from '../../../core/index.ts'
import { Heap } from './heap.ts'

/** Priority of what asks for none: 1 goes before it, 3 and more behind. */
export const DEFAULT_PRIORITY = 2

/** One request for a lane. */
export interface Work<Input, Output> {
  readonly input: Input
  /** Same inputs, types and shapes behind axis 0: works of one key cost alike, and may run together. */
  readonly key: string
  /** Runs by itself, whatever else has its key. */
  readonly alone: boolean
  /** Along axis 0. */
  readonly rows: number
  readonly bytes: number
  /** 1 goes first. */
  readonly priority: number
  /** When nobody waits any more: monotonic milliseconds. */
  readonly deadline: Milliseconds
  done(outcome: Outcome<Output>): void
}

interface Times {
  /** Until its run began. */
  readonly queueMs: Milliseconds
  /** Of its run, with all that ran together. */
  readonly computeMs: Milliseconds
}

export type Outcome<Output> = Times &
  ({ readonly kind: 'done'; readonly output: Output } | { readonly kind: 'failed'; readonly error: unknown })

/** A work in a queue. */
export interface Waiting<Input, Output> {
  readonly work: Work<Input, Output>
  readonly since: Milliseconds
  order: number
  alone: boolean
  state: 'waiting' | 'taken' | 'canceled'
}

interface Bucket<Input, Output> {
  readonly key: string
  readonly heap: Heap<Waiting<Input, Output>>
  /** That wait. */
  rows: number
}

/** Works that wait, by key; each key's in the order in which they are to run. Removal from the middle is lazy. */
export class Queues<Input, Output> {
  readonly #now: () => Milliseconds
  readonly #late: (item: Waiting<Input, Output>) => void
  readonly #buckets = new Map<string, Bucket<Input, Output>>()
  #waiting = 0
  #bytes = 0

  /** `late` is told each whose deadline passed while it waited. */
  constructor(now: () => Milliseconds, late: (item: Waiting<Input, Output>) => void) {
    this.#now = now
    this.#late = late
  }

  get waiting(): number {
    return this.#waiting
  }

  /** Of the inputs that wait. */
  get bytes(): number {
    return this.#bytes
  }

  push(item: Waiting<Input, Output>): void {
    const { key, rows, bytes } = item.work
    const name = bucketOf(item)
    const bucket = this.#buckets.get(name) ?? { key, heap: new Heap<Waiting<Input, Output>>(before), rows: 0 }
    if (bucket.heap.size === 0) this.#buckets.set(name, bucket)
    item.state = 'waiting'
    bucket.heap.push(item)
    bucket.rows += rows
    this.#waiting++
    this.#bytes += bytes
  }

  cancel(item: Waiting<Input, Output>): void {
    if (item.state === 'waiting') this.#leave(item)
    item.state = 'canceled'
  }

  /** The first of all that still waits. */
  takeFirst(): Waiting<Input, Output> | undefined {
    let first: Waiting<Input, Output> | undefined
    for (const [name, { heap }] of this.#buckets) {
      const head = this.#head(heap)
      if (head === undefined) this.#buckets.delete(name)
      else if (first === undefined || before(head, first)) first = head
    }
    if (first !== undefined) this.#take(first)
    return first
  }

  /** The first that may run with works of a key, where `fits` says so of it. */
  takeNext(key: string, fits: (work: Work<Input, Output>) => boolean): Waiting<Input, Output> | undefined {
    const bucket = this.#buckets.get(key)
    const next = bucket && this.#head(bucket.heap)
    if (next === undefined || !fits(next.work)) return undefined
    this.#take(next)
    return next
  }

  /** The first that still waits; those whose time is over are told so on the way. */
  #head(heap: Heap<Waiting<Input, Output>>): Waiting<Input, Output> | undefined {
    const now = this.#now()
    for (let item = heap.peek(); item; item = heap.peek()) {
      if (item.state === 'waiting' && item.work.deadline > now) return item
      heap.pop()
      if (item.state !== 'waiting') continue
      this.#leave(item)
      item.state = 'canceled'
      this.#late(item)
    }
    return undefined
  }

  /** The head of its bucket. */
  #take(item: Waiting<Input, Output>): void {
    this.#buckets.get(bucketOf(item))?.heap.pop()
    this.#leave(item)
    item.state = 'taken'
  }

  /** Rows by key that go before `work`; all that wait where there is none. */
  *rowsAhead(work: Work<Input, Output> | undefined): Generator<readonly [string, number]> {
    for (const { key, heap, rows } of this.#buckets.values()) {
      if (work === undefined) yield [key, rows]
      else {
        let ahead = 0
        for (const item of heap.items) {
          if (item.state === 'waiting' && goesBefore(item.work, work)) ahead += item.work.rows
        }
        yield [key, ahead]
      }
    }
  }

  #leave(item: Waiting<Input, Output>): void {
    this.#waiting--
    this.#bytes -= item.work.bytes
    const bucket = this.#buckets.get(bucketOf(item))
    if (bucket !== undefined) bucket.rows -= item.work.rows
  }
}

/** What runs alone must not stand in the way of what runs together. */
function bucketOf({ work, alone }: Waiting<unknown, unknown>): string {
  return alone ? `alone ${work.key}` : work.key
}

function before(a: Waiting<unknown, unknown>, b: Waiting<unknown, unknown>): boolean {
  if (a.work.priority !== b.work.priority) return a.work.priority < b.work.priority
  if (a.work.deadline !== b.work.deadline) return a.work.deadline < b.work.deadline
  return a.order < b.order
}

/** Whether what waits already goes before what comes now. */
function goesBefore(waiting: Work<unknown, unknown>, comes: Work<unknown, unknown>): boolean {
  if (waiting.priority !== comes.priority) return waiting.priority < comes.priority
  return waiting.deadline <= comes.deadline
}
