import { type Frame, HEAD_BYTES, invalid, MAX_FRAME_BYTES, parseFrame, tooLarge } from './frame.ts'

/** The largest element of a tensor. */
const ALIGNMENT = 8
/** A length field of its own may be cut by a chunk's end. */
const LENGTH_BYTES = 4

/**
 * Cuts a stream of chunks into frames. A frame that lies in one chunk is a view of it; one that spans chunks is
 * put together once, when its last byte is there, so that memory follows what was received, never what a length
 * field claims. Throws FRAME_INVALID or FRAME_TOO_LARGE; after that the stream can't be read any further.
 */
export class FrameDecoder {
  #chunks: Buffer[] = []
  #buffered = 0
  /** Bytes that the frame under way takes with its length field; 0 while that field is not there yet. */
  #wanted = 0

  push(chunk: Buffer, onFrame: (frame: Frame) => void): void {
    let rest = chunk
    if (this.#buffered > 0) {
      this.#chunks.push(chunk)
      this.#buffered += chunk.length
      if (this.#wanted > 0 && this.#buffered < this.#wanted) return
      rest = this.#chunks.length === 1 ? this.#chunks[0]! : joined(this.#chunks, this.#buffered, this.#wanted)
      this.#chunks = []
      this.#buffered = 0
      this.#wanted = 0
    }
    let at = 0
    while (rest.length - at >= LENGTH_BYTES) {
      const length = lengthAt(rest, at)
      const end = at + LENGTH_BYTES + length
      if (end > rest.length) {
        this.#wanted = LENGTH_BYTES + length
        break
      }
      onFrame(parseFrame(rest.subarray(at + LENGTH_BYTES, end)))
      at = end
    }
    if (at < rest.length) {
      this.#chunks.push(at === 0 ? rest : rest.subarray(at))
      this.#buffered = rest.length - at
    }
  }
}

/**
 * The chunks as one, such that byte `end` has an address that any element may have: tensors stand at the end of their
 * frame, and where the last ends there all are aligned, so that nobody copies them to read them.
 */
function joined(chunks: readonly Buffer[], bytes: number, end: number): Buffer {
  const pad = (ALIGNMENT - (end % ALIGNMENT)) % ALIGNMENT
  const whole = Buffer.allocUnsafe(pad + bytes)
  let at = pad
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole.subarray(pad)
}

function lengthAt(bytes: Buffer, at: number): number {
  const length = bytes.readUInt32LE(at)
  if (length > MAX_FRAME_BYTES) throw tooLarge(length)
  if (length < HEAD_BYTES - LENGTH_BYTES) throw invalid(`a frame of ${length} bytes`)
  return length
}
