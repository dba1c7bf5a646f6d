import { connect, type Socket } from 'node:net'
import type { Address } from '../../api/index.ts'
import { messageOf } from '../../core/index.ts'
import { InferenceError } from '../errors.ts'
import { FrameDecoder } from './decoder.ts'
import { cancelFrame, type Frame, invalid, type Operation, type ResponseFrame, requestHead } from './frame.ts'
import { FrameWriter } from './writer.ts'

/** A replica that takes no connection for this long is not there. */
const CONNECT_TIMEOUT_MS = 5000

export interface Ask {
  readonly operation: Operation
  readonly timeoutMs: number
  readonly headers: string
  readonly body: readonly Uint8Array[]
  readonly bodyBytes: number
}

/** An answer, or a REPLICA_LOST (or another error of the connection): then no answer was given. */
export type Answer = ResponseFrame | InferenceError

/** The gateway's end of the one connection to a replica: any number of requests under way at once. */
export class FrameClient {
  readonly #socket: Socket
  readonly #writer: FrameWriter
  readonly #decoder = new FrameDecoder()
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  readonly #name: string
  #nextId = 1
  #closed = false
  #reason: InferenceError | undefined
  /** Told once, after all waiting requests were. */
  onClose: () => void = () => {}

  /** `socket` must be connected. */
  constructor(socket: Socket, name: string) {
    this.#socket = socket
    this.#name = name
    this.#writer = new FrameWriter(socket, 'turn')
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('error', error => this.#fail(messageOf(error)))
    socket.on('close', () => this.#fail('its connection closed'))
  }

  /** Throws REPLICA_LOST when nobody listens there. */
  static open(address: Address): Promise<FrameClient> {
    const name = nameOf(address)
    const socket =
      address.kind === 'unix'
        ? connect({ path: address.path })
        : connect({ host: address.host, port: address.port, noDelay: true })
    return new Promise((resolve, reject) => {
      const fail = (reason: string): void => {
        socket.destroy()
        reject(lost(name, reason))
      }
      const timer = setTimeout(
        () => fail(`no connection within ${CONNECT_TIMEOUT_MS} ms`),
        CONNECT_TIMEOUT_MS,
      )
      const onError = (error: Error): void => {
        clearTimeout(timer)
        fail(messageOf(error))
      }
      socket.once('error', onError)
      socket.once('connect', () => {
        clearTimeout(timer)
        socket.off('error', onError)
        resolve(new FrameClient(socket, name))
      })
    })
  }

  /** Requests that wait for an answer. */
  get inFlight(): number {
    return this.#waiting.size
  }

  /** Bytes that the replica has not taken yet. */
  get backlog(): number {
    return this.#writer.backlog
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Sends a request; `answer` is called exactly once, unless it is cancelled first. Returns its id. */
  ask(ask: Ask, answer: (answer: Answer) => void): number {
    const id = this.#nextId
    if (this.#closed) {
      queueMicrotask(() => answer(this.#reason ?? lost(this.#name, 'its connection closed')))
      return id
    }
    this.#nextId = id === 0xffffffff ? 1 : id + 1
    const head = requestHead(id, ask.operation, ask.timeoutMs, ask.headers, ask.bodyBytes)
    this.#waiting.set(id, answer)
    this.#writer.send(head, ask.body)
    return id
  }

  /** Forgets a request: its answer will not be told, and the replica need not compute it. */
  cancel(id: number): void {
    if (this.#waiting.delete(id) && !this.#closed) this.#writer.send(cancelFrame(id), [])
  }

  /** One answer as a promise. Throws REPLICA_LOST, or DEADLINE_EXCEEDED when it takes too long. */
  request(operation: Operation, timeoutMs: number, headers = ''): Promise<ResponseFrame> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.cancel(id)
        reject(
          new InferenceError('DEADLINE_EXCEEDED', {
            message: `The replica at ${this.#name} did not answer within ${timeoutMs} ms`,
            hint: 'It is busy or hangs; its log has more.',
          }),
        )
      }, timeoutMs)
      const id = this.ask({ operation, timeoutMs, headers, body: [], bodyBytes: 0 }, answer => {
        clearTimeout(timer)
        if (answer instanceof InferenceError) reject(answer)
        else resolve(answer)
      })
    })
  }

  close(): void {
    this.#socket.destroy()
    this.#fail('its connection was given up')
  }

  #read(chunk: Buffer): void {
    try {
      this.#decoder.push(chunk, this.#onFrame)
    } catch (error) {
      this.#fail(messageOf(error))
      this.#socket.destroy()
    }
  }

  readonly #onFrame = (frame: Frame): void => {
    if (frame.kind !== 'response') throw invalid(`a ${frame.kind} from a replica`)
    const answer = this.#waiting.get(frame.id)
    // A cancelled request's answer may have been under way already.
    if (answer === undefined) return
    this.#waiting.delete(frame.id)
    answer(frame)
  }

  #fail(reason: string): void {
    if (this.#closed) return
    this.#closed = true
    this.#reason = lost(this.#name, reason)
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const answer of waiting) answer(this.#reason)
    this.onClose()
  }
}

export function nameOf(address: Address): string {
  return address.kind === 'unix' ? address.path : `${address.host}:${address.port}`
}

function lost(name: string, reason: string): InferenceError {
  return new InferenceError('REPLICA_LOST', {
    message: `The replica at ${name} was lost: ${reason}`,
    hint: 'Try again; the host starts lost replicas anew.',
  })
}
