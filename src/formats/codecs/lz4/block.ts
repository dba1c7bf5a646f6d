/** Below this a loop is faster than the engine's own copy. */
const SHORT = 24

/**
 * Unpacks one LZ4 block into `out` from `start` on, and gives where it ended. Matches may reach back to the start of
 * `out`. Undefined for a block that breaks off, reaches back too far or needs more than `out` has.
 */
export function unpackBlock(block: Uint8Array, out: Uint8Array, start: number): number | undefined {
  const end = block.byteLength
  const limit = out.byteLength
  let at = 0
  let to = start
  while (at < end) {
    const token = block[at++]!
    let literals = token >> 4
    if (literals === 15) {
      let more = 255
      while (more === 255) {
        if (at >= end) return undefined
        more = block[at++]!
        literals += more
      }
    }
    if (literals > end - at || literals > limit - to) return undefined
    if (literals > SHORT) {
      out.set(block.subarray(at, at + literals), to)
      at += literals
      to += literals
    } else for (const stop = at + literals; at < stop; ) out[to++] = block[at++]!
    // The last sequence has no match.
    if (at === end) return to
    if (end - at < 2) return undefined
    const distance = block[at]! | (block[at + 1]! << 8)
    at += 2
    let length = (token & 15) + 4
    if (length === 19) {
      let more = 255
      while (more === 255) {
        if (at >= end) return undefined
        more = block[at++]!
        length += more
      }
    }
    if (distance === 0 || distance > to || length > limit - to) return undefined
    to = copyMatch(out, to, distance, length)
  }
  // A block ends with literals; an empty one has not even a token.
  return undefined
}

/** Copies from `distance` before; where that overlaps, what was just written repeats. */
function copyMatch(out: Uint8Array, to: number, distance: number, length: number): number {
  const stop = to + length
  if (length <= SHORT) {
    for (let from = to - distance; to < stop; ) out[to++] = out[from++]!
  } else if (distance === 1) {
    out.fill(out[to - 1]!, to, stop)
  } else {
    // Each turn doubles what can be repeated at once.
    const from = to - distance
    while (to < stop) {
      const now = Math.min(to - from, stop - to)
      out.copyWithin(to, from, from + now)
      to += now
    }
  }
  return stop
}
