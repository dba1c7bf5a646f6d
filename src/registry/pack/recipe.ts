/**
 * A recipe in a pack:
 *
 *   digest 32 bytes, size u64, pieces u32, runs u32, outside u32, layout u32, its stored bytes u32
 *   runs × (first u32, count u32)   pieces whose chunks follow each other in this pack, from the first-th on; or, with
 *                                   first = 2^32 - 1, the next ones of those that lie outside
 *   outside × length u32, outside × digest
 *   zstd of the layout as JSON: [format or null, [[name, dtype, shape, offset, length, kind], …]]
 */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { Bytes, Digest, Json } from '../../core/index.ts'
import { ELEMENT_KINDS } from '../codec/types.ts'
import { type FileLayout, MAX_PIECE_BYTES, type PlacedTensor } from '../layout/types.ts'
import { bytesOfDigest, bytesOfDigests, bytesOfU32s, bytesOfU64, Cursor } from './cursor.ts'
import { corrupt } from './errors.ts'
import { MAX_PIECES } from './format.ts'
import type { ChunkPlace, Recipe, RecipePiece } from './types.ts'

const OUTSIDE = 0xffff_ffff
/** 600,000 tensors with names of 100 characters. */
const MAX_LAYOUT_BYTES = 128 * 1024 * 1024
/** As numpy has it, and twice what anybody uses. */
const MAX_RANK = 64

/** `index`: which chunk of the pack, by digest. */
export function writeRecipe(recipe: Recipe, index: ReadonlyMap<Digest, number>): Uint8Array {
  const runs: number[] = []
  const outside: RecipePiece[] = []
  let next = -1
  for (const piece of recipe.pieces) {
    const place = index.get(piece.chunk) ?? OUTSIDE
    if (place === OUTSIDE) outside.push(piece)
    if (place === next) runs[runs.length - 1]! += 1
    else runs.push(place, 1)
    next = place === OUTSIDE ? OUTSIDE : place + 1
  }
  const layout = layoutJson(recipe)
  const stored = zstdCompressSync(layout)
  return Buffer.concat([
    bytesOfDigest(recipe.digest),
    bytesOfU64(recipe.size),
    bytesOfU32s([
      recipe.pieces.length,
      runs.length / 2,
      outside.length,
      layout.byteLength,
      stored.byteLength,
    ]),
    bytesOfU32s(runs),
    bytesOfU32s(outside.map(({ length }) => length)),
    bytesOfDigests(outside.map(({ chunk }) => chunk)),
    stored,
  ])
}

/** What is too much is left out: pieces are put together without a layout too, only bases are not found in it. */
function layoutJson({ format, tensors }: FileLayout): Buffer {
  const rows = tensors.map(({ name, dtype, shape, offset, length, kind }) => [
    name,
    dtype,
    shape,
    offset,
    length,
    kind,
  ])
  const text = Buffer.from(JSON.stringify([format ?? null, rows]))
  return text.byteLength <= MAX_LAYOUT_BYTES ? text : Buffer.from(JSON.stringify([format ?? null, []]))
}

/** All recipes of a pack whose chunks are `places`. Throws PACK_CORRUPT. */
export function readRecipes(
  bytes: Uint8Array,
  count: number,
  places: readonly ChunkPlace[],
  pack: string,
): readonly Recipe[] {
  const cursor = new Cursor(bytes, pack)
  const recipes: Recipe[] = []
  let pieces = 0
  while (recipes.length < count) {
    const recipe = readRecipe(cursor, places, pack, MAX_PIECES - pieces)
    pieces += recipe.pieces.length
    recipes.push(recipe)
  }
  if (cursor.left > 0) throw corrupt(pack, `${cursor.left} bytes follow its recipes`)
  return recipes
}

function readRecipe(cursor: Cursor, places: readonly ChunkPlace[], pack: string, atMost: number): Recipe {
  const digest = cursor.digest()
  const size = cursor.u64()
  const [pieces, runs, outside, layout, stored] = [...cursor.u32s(5)] as [
    number,
    number,
    number,
    number,
    number,
  ]
  if (pieces > atMost) throw corrupt(pack, `the recipe of ${digest} has ${pieces} pieces`)
  const bounds = cursor.u32s(2 * runs)
  const lengths = cursor.u32s(outside)
  const others = cursor.digests(outside).map((chunk, index) => ({ chunk, length: lengths[index]! }))
  const list = piecesOf(bounds, places, others, pieces)
  if (list === undefined || list.reduce((sum, { length }) => sum + length, 0) !== size)
    throw corrupt(pack, `the pieces of ${digest} do not make up its ${size} bytes`)
  return { digest, size, pieces: list, ...layoutOf(cursor.bytes(stored), layout, size, pack) }
}

function piecesOf(
  bounds: Uint32Array,
  places: readonly ChunkPlace[],
  outside: readonly RecipePiece[],
  count: number,
): readonly RecipePiece[] | undefined {
  const pieces: RecipePiece[] = []
  let taken = 0
  for (let run = 0; run < bounds.length; run += 2) {
    const [first, length] = [bounds[run]!, bounds[run + 1]!]
    const [from, start] = first === OUTSIDE ? [outside, taken] : [places, first]
    if (length > count - pieces.length || start + length > from.length) return undefined
    for (let at = start; at < start + length; at++)
      pieces.push({ chunk: from[at]!.chunk, length: from[at]!.length })
    if (first === OUTSIDE) taken += length
  }
  const sound = outside.every(({ length }) => length >= 1 && length <= MAX_PIECE_BYTES)
  return sound && pieces.length === count && taken === outside.length ? pieces : undefined
}

function layoutOf(stored: Uint8Array, length: number, size: Bytes, pack: string): FileLayout {
  if (length > MAX_LAYOUT_BYTES) throw corrupt(pack, `a layout would have ${length} bytes`)
  let value: Json
  try {
    const text = zstdDecompressSync(stored, { maxOutputLength: Math.max(1, length) })
    value = JSON.parse(text.toString()) as Json
  } catch (cause) {
    throw corrupt(pack, 'a layout does not decompress', {}, cause)
  }
  const [format, rows] = Array.isArray(value) ? (value as readonly Json[]) : []
  const tensors = Array.isArray(rows) ? (rows as readonly Json[]).map(tensorOf) : [undefined]
  const sound =
    (format === null || typeof format === 'string') && tensors.every(tensor => tensor !== undefined)
  if (!sound || !inOrder(tensors, size)) throw corrupt(pack, 'a layout is not what was written')
  return format === null ? { tensors } : { format, tensors }
}

function tensorOf(row: Json): PlacedTensor | undefined {
  if (!Array.isArray(row)) return undefined
  const [name, dtype, shape, offset, length, kindName] = row as readonly Json[]
  const kind = ELEMENT_KINDS.find(known => known === kindName)
  if (typeof name !== 'string' || typeof dtype !== 'string' || kind === undefined) return undefined
  if (!Array.isArray(shape) || shape.length > MAX_RANK || !shape.every(isCount)) return undefined
  return isCount(offset) && isCount(length) ? { name, dtype, shape, offset, length, kind } : undefined
}

function inOrder(tensors: readonly PlacedTensor[], size: Bytes): boolean {
  let end = 0
  for (const { offset, length } of tensors) {
    if (offset < end || length > size - offset) return false
    end = offset + length
  }
  return true
}

function isCount(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
