/** Below this a loop is faster than a view and its copy. */
const SHORT_RUN = 32

/** A box of bytes in C order: where it begins in the dataset, and its extent, in elements. */
export interface Box {
  readonly start: readonly number[]
  readonly size: readonly number[]
}

/** Where two boxes overlap; undefined where nowhere. */
export function overlap(a: Box, b: Box): Box | undefined {
  const start = a.start.map((at, d) => Math.max(at, b.start[d]!))
  const size = start.map((at, d) => Math.min(a.start[d]! + a.size[d]!, b.start[d]! + b.size[d]!) - at)
  return size.every(length => length > 0) ? { start, size } : undefined
}

/** Number of the first element of `part` in `whole`. */
export function positionIn(whole: Box, at: readonly number[]): number {
  return whole.size.reduce((position, size, d) => position * size + (at[d]! - whole.start[d]!), 0)
}

/**
 * Copies `part` from one box's bytes to another's. `skipped`: bytes of the source box that its `bytes` leave out at the start.
 */
export function copyPart(
  part: Box,
  source: { readonly box: Box; readonly bytes: Uint8Array; readonly skipped: number },
  target: { readonly box: Box; readonly bytes: Uint8Array },
  elementBytes: number,
): void {
  const rank = part.size.length
  // Trailing dimensions that all three span whole are one run.
  let last = rank - 1
  while (last > 0 && part.size[last] === source.box.size[last] && part.size[last] === target.box.size[last])
    last--
  const run = part.size.slice(last).reduce((product, size) => product * size, elementBytes)
  const at = [...part.start]
  for (;;) {
    const from = positionIn(source.box, at) * elementBytes - source.skipped
    const to = positionIn(target.box, at) * elementBytes
    copyRun(source.bytes, from, target.bytes, to, run)
    let d = last - 1
    while (d >= 0 && ++at[d]! >= part.start[d]! + part.size[d]!) at[d] = part.start[d--]!
    if (d < 0) return
  }
}

function copyRun(from: Uint8Array, start: number, to: Uint8Array, at: number, length: number): void {
  if (length > SHORT_RUN) to.set(from.subarray(start, start + length), at)
  else for (let i = 0; i < length; i++) to[at + i] = from[start + i]!
}
