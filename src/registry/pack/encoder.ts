import type { ElementKind, EncodedPiece, PieceCodec } from '../codec/types.ts'
import { PieceThreads } from './threads/pool.ts'

/** Encodes pieces here or in threads. */
export interface Encoder {
  /**
   * `raw` is left alone until the answer; for threads it lies in shared memory. What is given may lie where `raw` did.
   */
  encode(raw: Uint8Array, kind: ElementKind, base?: Uint8Array): Promise<EncodedPiece>
  close(): Promise<void>
}

export function openEncoder(codec: PieceCodec, count: number): Encoder {
  return count === 0 ? encoderHere(codec) : encoderThere(count)
}

function encoderHere(codec: PieceCodec): Encoder {
  return {
    encode: async (raw, kind, base) => codec.encode(raw, kind, base, raw),
    close: async () => undefined,
  }
}

function encoderThere(count: number): Encoder {
  const threads = new PieceThreads(count)
  return {
    encode(raw, elements, base) {
      // A base may be a view of what others read too.
      const copy = base && new Uint8Array(base)
      const task = { kind: 'encode', raw, elements, base: copy } as const
      return threads.run(task, copy ? [copy.buffer] : [])
    },
    close: () => threads.close(),
  }
}
