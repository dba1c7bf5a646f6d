import type { Workspace } from '../../ports.ts'
import { Joined, unbounded } from '../joined.ts'
import { giveBytes, takeBytes } from '../scratch.ts'

/** Rows and columns that are turned together: their bytes stay in a CPU's nearest cache. */
const TILE = 64
/** Of rows that are turned at once, where one tile of them does not take more. */
const STRIPE_BYTES = 1024 * 1024

/**
 * A matrix of bytes with its axes exchanged, in pieces. Held, a quarter of the float32 weight that it is made of, or
 * beyond the workspace's bound in its file.
 */
export async function* transposed(
  pieces: AsyncIterable<Uint8Array>,
  rows: number,
  columns: number,
  workspace: Workspace = unbounded,
): AsyncGenerator<Uint8Array, void> {
  const joined = new Joined(columns, workspace)
  try {
    for await (const stripe of stripesOf(pieces, stripeRows(rows, columns) * columns))
      await joined.add(turned(stripe, columns))
    yield* joined.pieces()
  } finally {
    await joined.close()
  }
}

/** What it takes at once beyond that: rows as they are, and turned. */
export function transposedNeed(rows: number, columns: number): number {
  return 2 * stripeRows(rows, columns) * columns
}

function stripeRows(rows: number, columns: number): number {
  return Math.min(rows, TILE * Math.max(1, Math.floor(STRIPE_BYTES / (TILE * columns))))
}

/** So many bytes at a time, each valid until the next is asked for; at the end, what is left. */
async function* stripesOf(
  pieces: AsyncIterable<Uint8Array>,
  length: number,
): AsyncGenerator<Uint8Array, void> {
  const stripe = takeBytes(length)
  let filled = 0
  for await (const piece of pieces)
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + length - filled)
      stripe.set(part, filled)
      filled += part.length
      at += part.length
      if (filled < length) continue
      yield stripe
      filled = 0
    }
  if (filled > 0) yield stripe.subarray(0, filled)
  giveBytes(stripe)
}

function turned(given: Uint8Array, columns: number): Uint8Array {
  const rows = given.length / columns
  const target = takeBytes(given.length)
  for (let top = 0; top < rows; top += TILE) {
    const bottom = Math.min(top + TILE, rows)
    for (let left = 0; left < columns; left += TILE) {
      const right = Math.min(left + TILE, columns)
      for (let row = top; row < bottom; row++)
        for (let column = left; column < right; column++)
          target[column * rows + row] = given[row * columns + column]!
    }
  }
  return target
}
