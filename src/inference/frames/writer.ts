import type { Socket } from 'node:net'

/** Up to here one copy and one write beat a vectored write of many small pieces. */
const JOIN_BYTES = 128 * 1024

/**
 * When gathered frames are written. `turn`: at the end of this turn of the event loop, so that what came in by many
 * connections goes out in one system call. `tick`: once the present callback is over; for a peer that answers whole
 * batches there is nothing more to gather, and the answer leaves before the next batch blocks the loop.
 */
export type FlushAt = 'turn' | 'tick'

/** Gathers frames and gives them to the socket at once. `onFull`: the peer does not read as fast as we write. */
export class FrameWriter {
  readonly #socket: Socket
  readonly #schedule: (flush: () => void) => void
  #pieces: Uint8Array[] = []
  #bytes = 0
  #scheduled = false
  onFull: () => void = () => {}

  constructor(socket: Socket, flushAt: FlushAt) {
    this.#socket = socket
    this.#schedule = flushAt === 'turn' ? setImmediate : process.nextTick
  }

  /** Bytes that the peer has not taken yet. */
  get backlog(): number {
    return this.#bytes + this.#socket.writableLength
  }

  send(head: Buffer, body: readonly Uint8Array[]): void {
    this.#pieces.push(head)
    this.#bytes += head.length
    for (const piece of body) {
      if (piece.byteLength === 0) continue
      this.#pieces.push(piece)
      this.#bytes += piece.byteLength
    }
    if (this.#scheduled) return
    this.#scheduled = true
    this.#schedule(this.flush)
  }

  /** Writes what was gathered now. */
  readonly flush = (): void => {
    this.#scheduled = false
    const pieces = this.#pieces
    if (pieces.length === 0 || this.#socket.destroyed) return
    const bytes = this.#bytes
    this.#pieces = []
    this.#bytes = 0
    if (bytes <= JOIN_BYTES) {
      const whole = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, bytes)
      if (!this.#socket.write(whole)) this.onFull()
      return
    }
    this.#socket.cork()
    for (const piece of pieces) this.#socket.write(piece)
    this.#socket.uncork()
    if (this.#socket.writableNeedDrain) this.onFull()
  }
}
