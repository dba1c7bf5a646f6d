import { createServer, type Server, type Socket } from 'node:net'
import { errorBody, statusOf } from '../errors.ts'
import { FrameDecoder } from './decoder.ts'
import { type Frame, invalid, type RequestFrame, responseHead } from './frame.ts'
import { FrameWriter } from './writer.ts'

/** What a request's answer is made of. */
export interface Reply {
  readonly status: number
  readonly headers: string
  readonly body: readonly Uint8Array[]
}

export interface Handler {
  /** `reply` may be called at any time, once; `canceled` fires when nobody waits any more. */
  request(frame: RequestFrame, reply: (reply: Reply) => void, call: Call): void
}

/** A request under way: whoever works on it sets `onCancel`. */
export interface Call {
  canceled: boolean
  onCancel: (() => void) | undefined
}

/** Whether what is served is used: by it a host chooses whom to let sleep. */
export interface Usage {
  /** Predictions under way. */
  readonly inFlight: number
  /** Since the last prediction began or ended; since the server was made before the first. */
  readonly idleMs: number
}

export interface FrameServer {
  readonly server: Server
  readonly usage: Usage
  /** Takes no new connection, and closes the others once all that was received is answered and written. */
  drain(): Promise<void>
}

/** The replica's end. Reads no further from a peer that does not take its answers. */
export function serveFrames(handler: Handler): FrameServer {
  const connections = new Set<Connection>()
  const usage = new UsageCount()
  const server = createServer(socket => {
    const connection = new Connection(socket, handler, usage)
    connections.add(connection)
    socket.once('close', () => connections.delete(connection))
  })
  return {
    server,
    usage,
    async drain() {
      server.close()
      await Promise.all([...connections].map(connection => connection.drain()))
    },
  }
}

class UsageCount implements Usage {
  inFlight = 0
  #last = performance.now()

  get idleMs(): number {
    return this.inFlight > 0 ? 0 : performance.now() - this.#last
  }

  began(): void {
    this.inFlight++
  }

  ended(): void {
    this.inFlight--
    this.#last = performance.now()
  }
}

/** A request under way, and whether it counts as use. */
interface Held extends Call {
  readonly counts: boolean
}

class Connection {
  readonly #socket: Socket
  readonly #handler: Handler
  readonly #writer: FrameWriter
  readonly #decoder = new FrameDecoder()
  readonly #usage: UsageCount
  readonly #calls = new Map<number, Held>()
  #idle: (() => void) | undefined

  constructor(socket: Socket, handler: Handler, usage: UsageCount) {
    this.#socket = socket
    this.#handler = handler
    this.#usage = usage
    this.#writer = new FrameWriter(socket, 'tick')
    this.#writer.onFull = () => socket.pause()
    socket.on('drain', () => socket.resume())
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    // What follows is told by 'close'.
    socket.on('error', () => {})
    socket.on('close', () => this.#abandon())
  }

  drain(): Promise<void> {
    return new Promise(resolve => {
      const end = (): void => {
        this.#idle = undefined
        if (this.#socket.destroyed) {
          resolve()
          return
        }
        this.#writer.flush()
        this.#socket.once('close', () => resolve())
        this.#socket.end()
        // A peer that only reads keeps its half open.
        this.#socket.destroySoon()
      }
      if (this.#calls.size === 0) end()
      else this.#idle = end
    })
  }

  #read(chunk: Buffer): void {
    try {
      this.#decoder.push(chunk, this.#onFrame)
    } catch {
      // Nothing that follows on this stream can be understood.
      this.#socket.destroy()
    }
  }

  readonly #onFrame = (frame: Frame): void => {
    if (frame.kind === 'cancel') {
      this.#cancel(frame.id)
      return
    }
    if (frame.kind !== 'request') throw invalid(`a ${frame.kind} from a gateway`)
    if (this.#calls.has(frame.id)) throw invalid(`the request id ${frame.id} a second time`)
    const call: Held = { canceled: false, onCancel: undefined, counts: frame.operation === 'infer' }
    this.#calls.set(frame.id, call)
    if (call.counts) this.#usage.began()
    this.#handler.request(frame, reply => this.#reply(frame.id, call, reply), call)
  }

  #forget(id: number, { counts }: Held): void {
    this.#calls.delete(id)
    if (counts) this.#usage.ended()
  }

  #reply(id: number, call: Held, { status, headers, body }: Reply): void {
    if (this.#calls.get(id) !== call) return
    this.#forget(id, call)
    if (!this.#socket.destroyed) this.#send(id, { status, headers, body })
    if (this.#calls.size === 0) this.#idle?.()
  }

  /** An answer that is too large for a frame becomes an error: whoever computed it must not fall over it. */
  #send(id: number, { status, headers, body }: Reply): void {
    const bytes = body.reduce((sum, piece) => sum + piece.byteLength, 0)
    try {
      this.#writer.send(responseHead(id, status, headers, bytes), body)
    } catch (error) {
      const text = Buffer.from(errorBody(error))
      this.#writer.send(responseHead(id, statusOf(error), '', text.length), [text])
    }
  }

  #cancel(id: number): void {
    const call = this.#calls.get(id)
    if (call === undefined) return
    this.#forget(id, call)
    call.canceled = true
    call.onCancel?.()
    if (this.#calls.size === 0) this.#idle?.()
  }

  #abandon(): void {
    for (const [id, call] of this.#calls) {
      this.#forget(id, call)
      call.canceled = true
      call.onCancel?.()
    }
    this.#idle?.()
  }
}
