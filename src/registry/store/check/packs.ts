import { BallastError, type Digest, messageOf, type PackId } from '../../../core/index.ts'
import { type Chain, checkBody, decodeChunk, findChains } from '../../pack/chain.ts'
import { OpenPacks } from '../../pack/open-packs.ts'
import type { ChunkPlace } from '../../pack/types.ts'
import { contentsOf } from '../contents.ts'
import type { BadPack, CheckPorts, Damage, Tally } from './types.ts'

const PAGE = 200
/** Chains that are looked up together. */
const BATCH = 64

/** Every chunk of every pack: its stored body against its checksum, and what it decodes to against its digest. */
export async function checkPacks(ports: CheckPorts, tally: Tally): Promise<Damage> {
  const bad: BadPack[] = []
  const open = new OpenPacks(ports.packs)
  try {
    for (let after: PackId | undefined; ; ) {
      const page = await ports.index.packs({ limit: PAGE, ...(after !== undefined && { after }) })
      for (const { id, size } of page) {
        tally.packs++
        const found = await checkPack(ports, open, tally, id)
        tally.read(size)
        if (found) bad.push(found)
      }
      if (page.length < PAGE) break
      after = page.at(-1)!.id
    }
  } finally {
    await open.close()
  }
  return { packs: bad, chunks: new Map(bad.flatMap(pack => pack.bad).map(place => [place.chunk, place])) }
}

async function checkPack(
  ports: CheckPorts,
  open: OpenPacks,
  tally: Tally,
  id: PackId,
): Promise<BadPack | undefined> {
  const places = await ports.index.chunksOfPack(id)
  const problem = await problemOf(contentsOf(ports.packs, id))
  if (problem?.code === 'PACK_NOT_FOUND') {
    tally.found({ kind: 'pack-missing', pack: id, message: messageOf(problem) })
    return { id, what: 'missing', bad: places, good: [] }
  }
  if (problem) tally.found({ kind: 'pack-corrupt', pack: id, message: messageOf(problem) })
  const [good, bad]: [ChunkPlace[], ChunkPlace[]] = [[], []]
  for (let at = 0; at < places.length; at += BATCH) {
    const some = places.slice(at, at + BATCH)
    for (const [index, wrong] of (await checkChunks(ports, open, some)).entries()) {
      const place = some[index]!
      tally.chunks++
      ;(wrong === undefined ? good : bad).push(place)
      if (wrong !== undefined)
        tally.found({ kind: 'chunk-corrupt', pack: id, chunk: place.chunk, message: wrong })
    }
  }
  if (!problem && bad.length === 0) return undefined
  return { id, what: problem ? 'tail' : 'chunks', bad, good }
}

/** For each chunk what is wrong with it, or undefined. */
async function checkChunks(
  { index, codec }: CheckPorts,
  open: OpenPacks,
  places: readonly ChunkPlace[],
): Promise<readonly (string | undefined)[]> {
  const results: (string | undefined)[] = []
  const chains = await findChains(places, chunks => index.chunks(chunks)).catch(() => undefined)
  for (const place of places) {
    try {
      const alone = chains ?? (await findChains([place], chunks => index.chunks(chunks)))
      await decodeChain(codec, open, alone.get(place.chunk)!)
      results.push(undefined)
    } catch (failure) {
      if (!(failure instanceof BallastError)) throw failure
      results.push(messageOf(failure))
    }
  }
  return results
}

/** The bytes of a chain's last chunk. Throws PACK_CORRUPT, PACK_NOT_FOUND, RANGE_OUT_OF_BOUNDS. */
export async function decodeChain(
  codec: CheckPorts['codec'],
  open: OpenPacks,
  chain: Chain,
): Promise<Uint8Array> {
  let bytes: Uint8Array | undefined
  for (const place of chain) {
    const body = await open.read(place.pack, place.offset, place.stored)
    if (!checkBody(place, body)) throw changed(place.pack, place.chunk)
    bytes = decodeChunk(codec, place, body, bytes)
  }
  return bytes!
}

function changed(pack: PackId, chunk: Digest): BallastError {
  return new BallastError('PACK_CORRUPT', {
    message: `The stored body of ${chunk} in ${pack} is not what was written`,
  })
}

async function problemOf(reading: Promise<unknown>): Promise<BallastError | undefined> {
  try {
    await reading
  } catch (failure) {
    if (failure instanceof BallastError) return failure
    throw failure
  }
  return undefined
}
