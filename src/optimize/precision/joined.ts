import type { WorkFile, Workspace } from '../ports.ts'
import { giveBytes } from './scratch.ts'

/** What is given at once. */
const PIECE_BYTES = 1024 * 1024

/** Everything in memory: for who bounds nothing. */
export const unbounded: Workspace = {
  held: Number.POSITIVE_INFINITY,
  need: () => undefined,
  open: () => Promise.reject(new Error('What is held without a bound needs no file')),
}

/**
 * Matrices of bytes with as many rows each, side by side: of each row the parts of all, in order. For what is read
 * along one axis of a matrix and written along the other. Held, or beyond the workspace's bound in its file.
 *
 *   [[1, 2], [5, 6]] and [[3], [7]]  ->  1 2 3 5 6 7
 */
export class Joined {
  readonly #rows: number
  readonly #workspace: Workspace
  readonly #tiles: Tile[] = []
  #width = 0
  #file: WorkFile | undefined

  constructor(rows: number, workspace: Workspace) {
    this.#rows = rows
    this.#workspace = workspace
  }

  /** The next matrix to the right: all of a buffer, which is not the caller's any more. */
  async add(bytes: Uint8Array): Promise<void> {
    const tile: Tile = { start: this.#width * this.#rows, width: bytes.byteLength / this.#rows, bytes }
    this.#tiles.push(tile)
    this.#width += tile.width
    if (this.#file) await move(this.#file, tile)
    else if (this.#width * this.#rows > this.#workspace.held) {
      this.#file = await this.#workspace.open()
      for (const held of this.#tiles) await move(this.#file, held)
    }
  }

  /** Row by row, in pieces that are valid until the next is asked for. */
  async *pieces(): AsyncGenerator<Uint8Array, void> {
    if (this.#width > PIECE_BYTES) {
      for (let row = 0; row < this.#rows; row++) yield* this.#parts(row)
      return
    }
    const at = Math.floor(PIECE_BYTES / Math.max(1, this.#width))
    const target = new Uint8Array(Math.min(at, this.#rows) * this.#width)
    for (let row = 0; row < this.#rows; row += at) {
      const rows = Math.min(at, this.#rows - row)
      let left = 0
      for (const tile of this.#tiles) {
        const { width } = tile
        const part = await this.#partOf(tile, row * width, rows * width)
        place(part, width, target, left, this.#width, rows)
        left += width
      }
      yield target.subarray(0, rows * this.#width)
    }
  }

  /** One row, where it does not fit in a piece. */
  async *#parts(row: number): AsyncGenerator<Uint8Array, void> {
    for (const tile of this.#tiles)
      for (let at = 0; at < tile.width; at += PIECE_BYTES)
        yield await this.#partOf(tile, row * tile.width + at, Math.min(PIECE_BYTES, tile.width - at))
  }

  async close(): Promise<void> {
    await this.#file?.close()
    this.#file = undefined
    for (const { bytes } of this.#tiles) if (bytes) giveBytes(bytes)
    this.#tiles.length = 0
  }

  async #partOf({ start, bytes }: Tile, from: number, length: number): Promise<Uint8Array> {
    if (bytes) return bytes.subarray(from, from + length)
    const part = new Uint8Array(length)
    await this.#file!.read(start + from, part)
    return part
  }
}

interface Tile {
  /** In the file. */
  readonly start: number
  /** Bytes of a row. */
  readonly width: number
  bytes: Uint8Array | undefined
}

async function move(file: WorkFile, tile: Tile): Promise<void> {
  await file.write(tile.start, tile.bytes!)
  giveBytes(tile.bytes!)
  tile.bytes = undefined
}

/** Rows of a part to their places; by words of four bytes where they are whole. */
function place(
  part: Uint8Array,
  width: number,
  target: Uint8Array,
  left: number,
  whole: number,
  rows: number,
): void {
  const wide = width % 4 === 0 && left % 4 === 0 && whole % 4 === 0 && part.byteOffset % 4 === 0
  const [from, to] = wide ? [words(part), words(target)] : [part, target]
  const unit = wide ? 4 : 1
  const [count, step] = [width / unit, whole / unit]
  // A call of `set` for each row of some hundred bytes would cost more than its copy.
  for (let row = 0; row < rows; row++) {
    const [source, start] = [row * count, left / unit + row * step]
    for (let i = 0; i < count; i++) to[start + i] = from[source + i]!
  }
}

function words({ buffer, byteOffset, byteLength }: Uint8Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, byteLength / 4)
}
