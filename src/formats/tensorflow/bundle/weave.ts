import { PIECE_BYTES } from '../../ports.ts'
import type { Part, Parts, Weave } from './parts.ts'

/** What the pieces of all parts may take together while they are read side by side. */
const WOVEN_BYTES = 32 * PIECE_BYTES

type ReadPart = (part: Part, pieceBytes: number) => AsyncGenerator<Uint8Array, void>

/**
 * The whole tensor in C order. As the order of a part's own elements is the same in the whole, each part is read
 * once, from its beginning to its end.
 */
export async function* woven(
  { parts, weave }: Parts,
  itemBytes: number,
  read: ReadPart,
  cutOff: () => Error,
): AsyncGenerator<Uint8Array, void> {
  if (weave.kind === 'runs') {
    for (const { part } of weave.runs) yield* read(part, PIECE_BYTES)
    return
  }
  const pieceBytes = Math.min(PIECE_BYTES, Math.floor(WOVEN_BYTES / parts.length))
  const streams = new Map(parts.map(part => [part, streamOf(read(part, pieceBytes), cutOff)]))
  const capacity = Math.floor(PIECE_BYTES / itemBytes) * itemBytes
  let out = new Uint8Array(capacity)
  let filled = 0
  try {
    for (const { part, elements } of runsOf(weave)) {
      const stream = streams.get(part)!
      for (let left = elements * itemBytes; left > 0; ) {
        const bytes = stream.take(Math.min(left, capacity - filled))
        if (!bytes) {
          await stream.more()
          continue
        }
        out.set(bytes, filled)
        filled += bytes.length
        left -= bytes.length
        if (filled < capacity) continue
        yield out
        ;[out, filled] = [new Uint8Array(capacity), 0]
      }
    }
    // Behind its last byte a part's checksum is judged.
    for (const stream of streams.values()) await stream.end()
    if (filled > 0) yield out.subarray(0, filled)
  } finally {
    for (const stream of streams.values()) await stream.stop()
  }
}

function* runsOf(weave: Weave): Generator<{ readonly part: Part; readonly elements: number }, void> {
  if (weave.kind === 'runs') yield* weave.runs
  else for (const { times, weave: inner } of weave.steps) for (let i = 0; i < times; i++) yield* runsOf(inner)
}

interface Stream {
  /** At most `most` bytes of what is there; undefined where more must be waited for. */
  take(most: number): Uint8Array | undefined
  more(): Promise<void>
  end(): Promise<void>
  stop(): Promise<void>
}

function streamOf(pieces: AsyncGenerator<Uint8Array, void>, cutOff: () => Error): Stream {
  let piece: Uint8Array = new Uint8Array(0)
  return {
    take(most) {
      if (piece.length === 0) return undefined
      const taken = piece.subarray(0, most)
      piece = piece.subarray(taken.length)
      return taken
    },
    async more() {
      const next = await pieces.next()
      if (next.done) throw cutOff()
      piece = next.value
    },
    async end() {
      await pieces.next()
    },
    async stop() {
      await pieces.return()
    },
  }
}
