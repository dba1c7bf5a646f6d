import type { FileHandle } from 'node:fs/promises'
import { jsonIn } from './line.ts'

/** Longer lines are not written; what has one is damaged, and is skipped. */
export const MAX_LINE_BYTES: number = 4 * 2 ** 20
const BLOCK_BYTES = 256 * 1024
/** Of one line that is looked up: most are short. */
const FIRST_BYTES = 4096
const LINE_FEED = 10

export interface StoredLine {
  /** Where it begins in its file. */
  readonly offset: number
  /** Bytes with its line feed. */
  readonly bytes: number
  /** Undefined where it is damaged. */
  readonly json: string | undefined
}

/**
 * The whole lines of a file from `from` on, and no further than `to`. What follows the last line feed is not told.
 * Blocks begin with `blockBytes` and double.
 */
export async function* linesOf(
  handle: FileHandle,
  from = 0,
  to: number = Number.POSITIVE_INFINITY,
  blockBytes: number = BLOCK_BYTES,
): AsyncGenerator<StoredLine> {
  let rest: Buffer = Buffer.alloc(0)
  /** Of `rest`. */
  let offset = from
  /** In the middle of a line that is too long to be one. */
  let skipping = false
  let size = blockBytes
  for (let at = from; at < to; ) {
    const block = Buffer.allocUnsafe(Math.min(size, to - at))
    size = Math.min(2 * size, BLOCK_BYTES)
    const { bytesRead } = await handle.read(block, 0, block.length, at)
    if (bytesRead === 0) return
    at += bytesRead
    const fresh = block.subarray(0, bytesRead)
    const bytes: Buffer = rest.length === 0 ? fresh : Buffer.concat([rest, fresh])
    let start = 0
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
      const json = skipping ? undefined : jsonIn(bytes.toString('utf8', start, end))
      yield { offset: offset + start, bytes: end + 1 - start, json }
      skipping = false
      start = end + 1
    }
    offset += start
    rest = bytes.subarray(start)
    if (rest.length <= MAX_LINE_BYTES) continue
    skipping = true
    offset += rest.length
    rest = Buffer.alloc(0)
  }
}

/** The JSON of the line at `offset`; undefined where none is whole there. */
export async function lineAt(handle: FileHandle, offset: number): Promise<string | undefined> {
  for await (const line of linesOf(handle, offset, Number.POSITIVE_INFINITY, FIRST_BYTES)) {
    return line.json
  }
  return undefined
}
