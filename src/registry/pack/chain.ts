import { crc32 } from 'node:zlib'
import { type Digest, digestOf } from '../../core/index.ts'
import type { PieceCodec } from '../codec/types.ts'
import { RegistryError } from '../errors.ts'
import { corrupt } from './errors.ts'
import { type ChunkPlace, type FindChunks, MAX_DEPTH, type RecipePiece } from './types.ts'

/** What a chunk is decoded from: itself last, before it the bases that it stands on. */
export type Chain = readonly ChunkPlace[]

/** The chains of many chunks, with at most `MAX_DEPTH + 1` look-ups. Throws PACK_CORRUPT. */
export async function findChains(
  pieces: readonly RecipePiece[],
  find: FindChunks,
): Promise<ReadonlyMap<Digest, Chain>> {
  const places = new Map<Digest, ChunkPlace>()
  let missing = [...new Set(pieces.map(({ chunk }) => chunk))]
  for (let depth = 0; missing.length > 0; depth++) {
    if (depth > MAX_DEPTH) throw tooDeep(missing[0]!)
    const found = await find(missing)
    for (const chunk of missing) places.set(chunk, found.get(chunk) ?? nowhere(chunk))
    const bases = missing.flatMap(chunk => places.get(chunk)?.base ?? [])
    missing = [...new Set(bases)].filter(base => !places.has(base))
  }
  return new Map(pieces.map(({ chunk, length }) => [chunk, chainOf(chunk, length, places)]))
}

function chainOf(chunk: Digest, length: number, places: ReadonlyMap<Digest, ChunkPlace>): Chain {
  const chain: ChunkPlace[] = []
  for (let next: Digest | undefined = chunk; next !== undefined; ) {
    const place: ChunkPlace = places.get(next)!
    // A circle ends here too.
    if (chain.length > MAX_DEPTH) throw tooDeep(chunk)
    if (place.length !== length)
      throw corrupt(place.pack, `the chunk ${next} has ${place.length} bytes where ${length} are needed`, {
        chunk: next,
      })
    chain.unshift(place)
    next = place.base
  }
  return chain
}

/**
 * One chunk of its stored body and its base's bytes, checked; written to `into`, if given. Throws PACK_CORRUPT, naming chunk and pack: nothing of
 * the bytes is given out.
 */
export function decodeChunk(
  codec: PieceCodec,
  place: ChunkPlace,
  body: Uint8Array,
  base: Uint8Array | undefined,
  into?: Uint8Array,
): Uint8Array {
  const { chunk, encoding, length, pack } = place
  let bytes: Uint8Array
  try {
    bytes = codec.decode({ encoding, body }, length, base, into)
  } catch (cause) {
    if (cause instanceof RegistryError && cause.code === 'PIECE_CORRUPT')
      throw corrupt(pack, `the chunk ${chunk} does not decode: ${cause.message}`, { chunk }, cause)
    throw cause
  }
  const actual = digestOf(bytes)
  if (actual !== chunk)
    throw corrupt(pack, `the chunk ${chunk} decodes to other bytes, ${actual}`, { chunk, actual })
  return bytes
}

/** Whether a stored body is still what was written: without decoding, and so without its base. */
export function checkBody({ checksum, stored }: ChunkPlace, body: Uint8Array): boolean {
  return body.byteLength === stored && crc32(body) === checksum
}

function nowhere(chunk: Digest): never {
  throw new RegistryError('PACK_CORRUPT', {
    message: `The chunk ${chunk} is in no pack that is known`,
    hint: 'Run `ballast registry fsck`: it finds chunks that the index lost.',
    details: { chunk },
  })
}

function tooDeep(chunk: Digest): RegistryError {
  return new RegistryError('PACK_CORRUPT', {
    message: `The chunk ${chunk} stands on more than ${MAX_DEPTH} others, or on itself`,
    hint: 'Run `ballast registry fsck`: the index is damaged, and is made again from the packs.',
    details: { chunk },
  })
}
