import { CODEC_BYTES } from './layout.ts'
import { packBits, seenBefore, unpackBits } from './reference/bytes.ts'
import { joinPlanes, splitPlanes } from './reference/planes.ts'
import { decodeStreams, encodeStream, fillTables } from './reference/streams.ts'
import type { CodecLoops } from './types.ts'

/** The loops in plain TypeScript, with 6 MB of memory. */
export function plainCodecLoops(): CodecLoops {
  const memory = new Uint8Array(CODEC_BYTES)
  const words = new Uint32Array(memory.buffer)
  const shorts = new Uint16Array(memory.buffer)
  return {
    memory,
    split: (source, count, log, transform, base, target, stride) =>
      splitPlanes(memory, source, count, log, transform, base, target, stride),
    join: (planes, count, log, transform, base, target) =>
      joinPlanes(memory, words.subarray(planes / 4, planes / 4 + 8), count, log, transform, base, target),
    count: (source, count, counts, _pairs) => {
      words.fill(0, counts / 4, counts / 4 + 256)
      for (let i = 0; i < count; i++) words[counts / 4 + memory[source + i]!]!++
    },
    pack: (source, count, bits, map, target) => packBits(memory, source, count, bits, map, target),
    unpack: (source, count, bits, map, target) => unpackBits(memory, source, count, bits, map, target),
    encode: (source, count, codes, _pairs, target) =>
      encodeStream(memory, source, count, words.subarray(codes / 4, codes / 4 + 512), target),
    // One symbol at a time needs none.
    pairs: () => undefined,
    tables: (codes, bits, single, table) => {
      const size = 2 ** bits
      fillTables(
        words.subarray(codes / 4, codes / 4 + 512),
        bits,
        shorts.subarray(single / 2, single / 2 + size),
        words.subarray(table / 4, table / 4 + size),
      )
    },
    decode: (streams, count, bits, single, _table, target) =>
      decodeStreams(
        memory,
        words.subarray(streams / 4, streams / 4 + 5),
        count,
        bits,
        shorts.subarray(single / 2),
        target,
      ),
    repeats: (source, length, mask, seen) =>
      seenBefore(
        words.subarray(seen / 4, seen / 4 + 8192),
        new DataView(memory.buffer, source, length),
        mask,
      ),
  }
}
