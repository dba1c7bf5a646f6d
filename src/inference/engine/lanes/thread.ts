import { existsSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { Tensors } from '../../../core/index.ts'
import { ModelError, type ModelSignature } from '../../../model/index.ts'
import type { Lane, LaneOptions, LaneRun } from './lane.ts'
import {
  type Carried,
  errorOf,
  type LaneMessage,
  type OpenMessage,
  type RunMessage,
  SLAB_BYTES,
} from './messages.ts'
import { fillArea, openParcel, planParcel } from './parcel.ts'

/** A buffer larger than this is not kept for the next batch. */
const MAX_KEPT_BYTES: number = 64 * 2 ** 20
/** From the sources, from a chunk of the bundle, from the bundle's root. */
const ENTRIES = ['./worker.ts', '../lane.js', './lane.js']

interface Pending {
  readonly resolve: (run: LaneRun) => void
  readonly reject: (error: unknown) => void
  readonly sentAt: number
  readonly inputMs: number
}

/** A thread that waits for its model. */
let ahead: Worker | undefined

/** Starts the thread of the first lane before its model is known. */
export function startThreadAhead(): void {
  if (ahead !== undefined) return
  const worker = startWorker()
  // It keeps no process from ending.
  worker.unref()
  ahead = worker
  const gone = (): void => {
    if (ahead === worker) ahead = undefined
  }
  worker.once('error', gone)
  worker.once('exit', gone)
}

/** A model that runs in the loop has no use for it. */
export async function endThreadAhead(): Promise<void> {
  const worker = ahead
  ahead = undefined
  await worker?.terminate()
}

function startWorker(): Worker {
  return new Worker(entry(), { name: 'lane' })
}

/**
 * A model in a thread of its own. This thread only copies inputs to where the other finds them; meanwhile it reads,
 * refuses and answers. Throws what loading threw. `onLost`: the thread is gone, and with it the run that it had.
 */
export async function openThreadLane(options: LaneOptions, onLost: (error: Error) => void): Promise<Lane> {
  const slab = new SharedArrayBuffer(2 * SLAB_BYTES)
  const worker = ahead ?? startWorker()
  ahead = undefined
  worker.ref()
  const message: OpenMessage = { modelPath: options.modelPath, threads: options.threads, slab }
  worker.postMessage(message)
  const signature = await readyOf(worker)
  return new ThreadLane(worker, signature, slab, onLost)
}

class ThreadLane implements Lane {
  readonly signature: ModelSignature
  readonly #worker: Worker
  readonly #inputHalf: Uint8Array
  readonly #outputHalf: Uint8Array
  /** Where inputs go that the slab is too small for; away while the other thread has it. */
  #spare: ArrayBuffer | undefined
  #pending: Pending | undefined
  #lost: Error | undefined
  #closing: Promise<void> | undefined

  constructor(
    worker: Worker,
    signature: ModelSignature,
    slab: SharedArrayBuffer,
    onLost: (error: Error) => void,
  ) {
    this.#worker = worker
    this.signature = signature
    this.#inputHalf = new Uint8Array(slab, 0, SLAB_BYTES)
    this.#outputHalf = new Uint8Array(slab, SLAB_BYTES, SLAB_BYTES)
    worker.on('message', (message: LaneMessage) => this.#answered(message))
    worker.on('error', error => {
      this.#lost = error instanceof Error ? error : new Error(String(error))
    })
    worker.on('exit', () => {
      if (this.#closing === undefined)
        onLost(this.#end(this.#lost ?? new Error('The thread ended by itself')))
    })
  }

  run(parts: readonly Tensors[], outputs?: readonly string[]): Promise<LaneRun> {
    if (this.#lost !== undefined || this.#closing !== undefined) return Promise.reject(closed(this.#lost))
    const started = performance.now()
    const parcel = planParcel(parts)
    const buffer = parcel.bytes <= SLAB_BYTES ? undefined : this.#bufferOf(parcel.bytes)
    fillArea(buffer === undefined ? this.#inputHalf : new Uint8Array(buffer), parcel, parts)
    const message: RunMessage = { parcel, buffer, outputs }
    return new Promise((resolve, reject) => {
      const sentAt = performance.now()
      this.#pending = { resolve, reject, sentAt, inputMs: sentAt - started }
      this.#worker.postMessage(message, buffer === undefined ? [] : [buffer])
    })
  }

  /** After the run that it has. */
  close(): Promise<void> {
    this.#closing ??= new Promise(resolve => {
      this.#worker.once('exit', () => {
        this.#end(closed(undefined))
        resolve()
      })
      if (this.#lost !== undefined) resolve()
      else if (this.#pending === undefined) this.#worker.postMessage('end')
    })
    return this.#closing
  }

  #answered(message: LaneMessage): void {
    const pending = this.#pending
    if (message.kind === 'ready' || pending === undefined) return
    this.#pending = undefined
    if (this.#closing !== undefined) this.#worker.postMessage('end')
    if (message.buffer !== undefined && message.buffer.byteLength <= MAX_KEPT_BYTES)
      this.#spare = message.buffer
    if (message.kind === 'failed') {
      pending.reject(errorOf(message.error))
      return
    }
    const arrived = performance.now()
    const { inferMs } = message
    const outputs = this.#outputsOf(message.outputs)
    pending.resolve({
      outputs,
      inferMs,
      // The way there counts as input; a hop back costs as much, and is not told apart.
      inputMs: pending.inputMs + Math.max(0, arrived - pending.sentAt - inferMs),
      outputMs: performance.now() - arrived,
      cpuMs: 0,
    })
  }

  /** Out of the slab by a copy: the next run writes there. */
  #outputsOf(outputs: Carried): Tensors {
    if (outputs.by === 'message') return outputs.tensors
    const { parcel } = outputs
    return openParcel(parcel, new Uint8Array(this.#outputHalf.subarray(0, parcel.bytes)))
  }

  #bufferOf(bytes: number): ArrayBuffer {
    const spare = this.#spare
    this.#spare = undefined
    return spare !== undefined && spare.byteLength >= bytes ? spare : new ArrayBuffer(bytes)
  }

  #end(error: Error): Error {
    this.#lost = error
    this.#pending?.reject(error)
    this.#pending = undefined
    return error
  }
}

function readyOf(worker: Worker): Promise<ModelSignature> {
  return new Promise((resolve, reject) => {
    const settle = (end: () => void): void => {
      worker.off('message', onMessage)
      worker.off('error', onError)
      worker.off('exit', onExit)
      end()
    }
    const onMessage = (message: LaneMessage): void => {
      if (message.kind === 'ready') settle(() => resolve(message.signature))
      else if (message.kind === 'failed') settle(() => reject(errorOf(message.error)))
    }
    const onError = (error: unknown): void => settle(() => reject(error))
    const onExit = (): void => settle(() => reject(new Error('The thread ended before its model was loaded')))
    worker.on('message', onMessage)
    worker.on('error', onError)
    worker.on('exit', onExit)
  })
}

function entry(): URL {
  const found = ENTRIES.map(path => new URL(path, import.meta.url)).find(url => existsSync(url))
  if (found === undefined) throw new Error(`No ${ENTRIES.join(', ')} beside ${import.meta.url}`)
  return found
}

function closed(lost: Error | undefined): ModelError {
  const reason = lost === undefined ? 'was closed' : `was lost (${lost.message})`
  return new ModelError('SESSION_CLOSED', { message: `The model's thread ${reason} before this run` })
}
