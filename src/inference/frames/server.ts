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

export interface FrameServer {
  readonly server: Server
  /** Takes no new connection, and closes the others once all that was received is answered and written. */
  drain(): Promise<void>
}

/** The replica's end. Reads no further from a peer that does not take its answers. */
export function serveFrames(handler: Handler): FrameServer {
  const connections = new Set<Connection>()
  const server = createServer(socket => {
    const connection = new Connection(socket, handler)
    connections.add(connection)
    socket.once('close', () => connections.delete(connection))
  })
  return {
    server,
    async drain() {
      server.close()
      await Promise.all([...connections].map(connection => connection.drain()))
    },
  }
}

class Connection {
  readonly #socket: Socket
  readonly #handler: Handler
  readonly #writer: FrameWriter
  readonly #decoder = new FrameDecoder()
  readonly #calls = new Map<number, Call>()
  #idle: (() => void) | undefined

  constructor(socket: Socket, handler: Handler) {
    this.#socket = socket
    this.#handler = handler
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
    const call: Call = { canceled: false, onCancel: undefined }
    this.#calls.set(frame.id, call)
    this.#handler.request(frame, reply => this.#reply(frame.id, call, reply), call)
  }

  #reply(id: number, call: Call, { status, headers, body }: Reply): void {
    if (this.#calls.get(id) !== call) return
    this.#calls.delete(id)
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
    this.#calls.delete(id)
    call.canceled = true
    call.onCancel?.()
    if (this.#calls.size === 0) this.#idle?.()
  }

  #abandon(): void {
    for (const call of this.#calls.values()) {
      call.canceled = true
      call.onCancel?.()
    }
    this.#calls.clear()
    this.#idle?.()
  }
}
