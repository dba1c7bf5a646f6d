import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Answer, Results, Task } from './messages.ts'
import { errorOf } from './wire.ts'

/** More threads than this wait for the disk, not for each other. */
const MAX_THREADS = 8
/** With a second task at hand a thread never waits for the next. */
const TASKS_AHEAD = 2
/** From the sources, from a chunk of the bundle, from the bundle's root. */
const ENTRIES = ['./worker.ts', '../pieces.js', './pieces.js']

interface Pending {
  readonly task: Task
  readonly moved: readonly ArrayBuffer[]
  readonly resolve: (result: Results[keyof Results]) => void
  readonly reject: (error: unknown) => void
}

export function defaultThreads(): number {
  return Math.min(MAX_THREADS, Math.max(2, availableParallelism()))
}

/**
 * Threads for pieces, started when there is work, all of them kept until `close`; an idle one does not keep the process
 * alive. Tasks are begun in the order in which they come.
 */
export class PieceThreads {
  readonly count: number
  readonly #threads: Thread[] = []
  readonly #hashers: Thread[] = []
  #waiting: Pending[] = []
  #closed = false

  constructor(count: number = defaultThreads()) {
    this.count = count
  }

  /** `moved`: buffers of the task that go over to the thread. Throws what the task throws. */
  run<T extends Task>(task: T, moved: readonly ArrayBuffer[] = []): Promise<Results[T['kind']]> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new Error('The threads are closed'))
        return
      }
      const settle = resolve as Pending['resolve']
      this.#waiting.push({ task, moved, resolve: settle, reject })
      this.#next()
    })
  }

  /** One more, for who needs a thread of his own: what it hashes goes on from task to task. */
  borrow(): Thread {
    return this.#hashers.pop() ?? new Thread()
  }

  /** After its last task. A thread with a hash half done is ended instead. */
  giveBack(thread: Thread): void {
    if (this.#closed) void thread.end()
    else this.#hashers.push(thread)
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const { reject } of this.#waiting.splice(0)) reject(new Error('The threads were closed'))
    const all = [...this.#threads.splice(0), ...this.#hashers.splice(0)]
    await Promise.all(all.map(thread => thread.end()))
  }

  #next(): void {
    while (this.#waiting.length > 0) {
      const thread = this.#free()
      if (thread === undefined) return
      thread.give(this.#waiting.shift()!)
    }
  }

  #free(): Thread | undefined {
    const idlest = this.#threads.reduce<Thread | undefined>(
      (best, thread) => (best === undefined || thread.busy < best.busy ? thread : best),
      undefined,
    )
    if (idlest?.busy === 0) return idlest
    if (this.#threads.length < this.count) {
      const thread = new Thread(() => this.#next())
      this.#threads.push(thread)
      return thread
    }
    return idlest && idlest.busy < TASKS_AHEAD ? idlest : undefined
  }
}

/** One thread; a lost one is started again by its next task. */
export class Thread {
  readonly #onFree: () => void
  readonly #pending: Pending[] = []
  #worker: Worker | undefined

  constructor(onFree: () => void = () => undefined) {
    this.#onFree = onFree
  }

  get busy(): number {
    return this.#pending.length
  }

  run<T extends Task>(task: T): Promise<Results[T['kind']]> {
    return new Promise((resolve, reject) =>
      this.give({ task, moved: [], resolve: resolve as Pending['resolve'], reject }),
    )
  }

  give(pending: Pending): void {
    this.#worker ??= this.#start()
    this.#pending.push(pending)
    this.#worker.ref()
    this.#worker.postMessage(pending.task, pending.moved)
  }

  async end(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    await worker?.terminate()
    this.#lost(new Error('The thread was closed'))
  }

  #start(): Worker {
    const worker = new Worker(entry(), { name: 'pieces', resourceLimits: { maxYoungGenerationSizeMb: 4 } })
    worker.on('message', (answer: Answer) => this.#answered(answer))
    worker.on('error', error => this.#lost(error))
    worker.on('exit', () => {
      if (this.#worker === worker) this.#lost(new Error('A thread ended by itself'))
    })
    return worker
  }

  #answered(answer: Answer): void {
    const pending = this.#pending.shift()
    if (this.#pending.length === 0) this.#worker?.unref()
    if (answer.ok) pending?.resolve(answer.result)
    else pending?.reject(errorOf(answer.error))
    this.#onFree()
  }

  #lost(error: unknown): void {
    this.#worker = undefined
    for (const { reject } of this.#pending.splice(0)) reject(error)
    this.#onFree()
  }
}

function entry(): URL {
  const found = ENTRIES.map(path => new URL(path, import.meta.url)).find(url => existsSync(url))
  if (found === undefined) throw new Error(`No ${ENTRIES.join(', ')} beside ${import.meta.url}`)
  return found
}
