import type { Socket } from 'node:net'

/** Up to here one copy and one write beat a vectored write of many small pieces. */
const JOIN_BYTES = 128 * 1024

/**
 * Gathers what is written in a turn of the event loop and gives it to the socket at once: one system call for
 * all frames of the turn. `onFull` and `onDrain` tell when the peer does not read as fast as we write.
 */
export class FrameWriter {
  readonly #socket: Socket
  #pieces: Uint8Array[] = []
  #bytes = 0
  #scheduled = false
  onFull: () => void = () => {}

  constructor(socket: Socket) {
    this.#socket = socket
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
    setImmediate(this.flush)
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
