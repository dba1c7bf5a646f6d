import { type Digest, digestOf } from '../../core/index.ts'
import { pairOf } from '../layout/pairs.ts'
import type { FileLayout, Piece } from '../layout/types.ts'
import { Starts } from './starts.ts'
import { type KnownChunk, MAX_DEPTH, type PackBase, type PackRequest } from './types.ts'

/** A chunk that a piece may be stored as a delta of. */
export interface BaseChunk {
  readonly chunk: Digest
  readonly depth: number
  bytes(): Promise<Uint8Array | undefined>
}

/** Finds the same tensor, at the same place, in earlier files. */
export class Bases {
  readonly #bases: readonly { readonly base: PackBase; readonly starts: Starts }[]
  readonly #layout: FileLayout
  readonly #known: PackRequest['known']

  constructor(bases: readonly PackBase[], layout: FileLayout, known: PackRequest['known']) {
    this.#bases = bases.map(base => ({ base, starts: new Starts(base.recipe.pieces) }))
    this.#layout = layout
    this.#known = known
  }

  /** For each piece the nearest base that has a chunk for it which is stored, and not at the end of its chain. */
  async of(pieces: readonly Piece[]): Promise<readonly (BaseChunk | undefined)[]> {
    const found = pieces.map(piece => this.#candidates(piece))
    const chunks = [...new Set(found.flat().map(({ chunk }) => chunk))]
    if (chunks.length === 0) return found.map(() => undefined)
    const known = await this.#known(chunks)
    return found.map(candidates => firstUsable(candidates, known))
  }

  #candidates(piece: Piece): readonly Candidate[] {
    return this.#bases.flatMap(({ base, starts }) => {
      const range = pairOf(piece, this.#layout, base.recipe)
      const index = range && starts.at(range.offset)
      const pair = index === undefined ? undefined : base.recipe.pieces[index]
      if (!range || !pair || pair.length !== piece.length) return []
      return [{ chunk: pair.chunk, read: () => base.read(range.offset, range.length) }]
    })
  }
}

interface Candidate {
  readonly chunk: Digest
  readonly read: () => Promise<Uint8Array>
}

function firstUsable(
  candidates: readonly Candidate[],
  known: ReadonlyMap<Digest, KnownChunk>,
): BaseChunk | undefined {
  for (const { chunk, read } of candidates) {
    const depth = known.get(chunk)?.depth ?? MAX_DEPTH
    if (depth >= MAX_DEPTH) continue
    return {
      chunk,
      depth,
      async bytes() {
        const bytes = await read()
        // A delta of other bytes than its base's could never be undone.
        return digestOf(bytes) === chunk ? bytes : undefined
      },
    }
  }
  return undefined
}
