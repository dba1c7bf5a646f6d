/**
 * Weights through the registry's codec, beside zstd level 3 and gzip level 6 of node:zlib, turn by turn in one run on one
 * thread: bytes stored, and the speed of storing and reading. Sizes of zstd and gzip are of everything in one go, and
 * their speeds of the same pieces (of at most 1 MiB) that the codec gets. Each speed is the median of the rounds, with
 * the best in brackets.
 *
 *   node bench/registry/codec.ts [--weights FILE...] [--base FILE] [--mb 32] [--rounds 5]
 *
 * Files are whatever the registry knows the tensors of, else float32. The float32 of each piece are measured as bfloat16
 * and float16 too, and fine-tuned (every weight times 1 + 1e-3 · N(0, 1)). `--base` is an earlier version of the first
 * file. Without files the weights are normal, from a seed.
 */
import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { openPieceCodec } from '../../src/registry/codec/codec.ts'
import type { EncodedPiece } from '../../src/registry/codec/types.ts'
import {
  CASTS,
  type Case,
  castParts,
  fileParts,
  floatsOf,
  gaussian,
  type Part,
  piecesOf,
  tuned,
  withBases,
} from './codec/weights.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    weights: { type: 'boolean', default: false },
    base: { type: 'string' },
    mb: { type: 'string', default: '32' },
    rounds: { type: 'string', default: '5' },
  },
})
const most = Number(values.mb) * 1024 * 1024
const rounds = Number(values.rounds)
/** gzip is slow: it gets no more than this of a case, for its speed and its size. */
const GZIP_BYTES = 4 * 1024 * 1024
/** Elements of a generated piece: 1 MiB as float32. */
const PIECE = 256 * 1024

const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 3 } }
const GZIP = { level: 6 }

/** Room for everything at once: the fastest that node:zlib has. */
const roomFor = ({ raw }: Part): { readonly chunkSize: number } => ({ chunkSize: raw.length + 1024 })

/** Stores pieces, and reads what it stored. */
interface Contender<T> {
  readonly name: string
  store(part: Part): T
  load(stored: T, part: Part): Uint8Array
}

interface Speeds {
  /** Of all rounds, in MB/s of what is not stored yet. */
  readonly store: number[]
  readonly load: number[]
}

const codec = openPieceCodec()
const rooms = new WeakMap<Part, { readonly stored: Uint8Array; readonly read: Uint8Array }>()
const ours: Contender<EncodedPiece> = {
  name: 'codec',
  store: part => codec.encode(part.raw, part.kind, part.base, roomsOf(part).stored),
  load: (stored, part) => codec.decode(stored, part.raw.length, part.base, roomsOf(part).read),
}

/** As the store does it, the codec writes to memory that is there already; node:zlib has no way to be given any. */
function roomsOf(part: Part) {
  const room = (): Uint8Array => new Uint8Array(part.raw.length)
  const found = rooms.get(part) ?? { stored: room(), read: room() }
  rooms.set(part, found)
  return found
}

const zstd: Contender<Uint8Array> = {
  name: 'zstd-3',
  store: part => zstdCompressSync(part.raw, { ...ZSTD, ...roomFor(part) }),
  load: (stored, part) => zstdDecompressSync(stored, roomFor(part)),
}
const gzip: Contender<Uint8Array> = {
  name: 'gzip-6',
  store: part => gzipSync(part.raw, { ...GZIP, ...roomFor(part) }),
  load: (stored, part) => gunzipSync(stored, roomFor(part)),
}

const median = (list: readonly number[]): number => list.toSorted((a, b) => a - b)[list.length >> 1]!
const total = (parts: readonly Part[]): number => parts.reduce((sum, { raw }) => sum + raw.length, 0)

function round<T>(contender: Contender<T>, parts: readonly Part[], speeds: Speeds): readonly T[] {
  const megabytes = total(parts) / 1e6
  const started = performance.now()
  const stored = parts.map(part => contender.store(part))
  const between = performance.now()
  stored.forEach((each, i) => {
    contender.load(each, parts[i]!)
  })
  speeds.store.push((megabytes * 1000) / (between - started))
  speeds.load.push((megabytes * 1000) / (performance.now() - between))
  return stored
}

function line(name: string, { store, load }: Speeds, share: number): string {
  const [stores, loads] = [store, load].map(speeds => {
    const [usual, best] = [median(speeds), Math.max(...speeds)].map(speed => speed.toFixed(0))
    return `${usual} MB/s (${best})`.padStart(18)
  })
  return `  ${name.padEnd(8)}${(100 * share).toFixed(1).padStart(6)} %   stores${stores}   reads${loads}`
}

function measure({ name, parts }: Case): void {
  const size = total(parts)
  const few = parts.slice(0, Math.max(1, Math.ceil((parts.length * GZIP_BYTES) / size)))
  const speeds = [0, 1, 2].map((): Speeds => ({ store: [], load: [] }))
  let stored: readonly EncodedPiece[] = []
  for (let i = 0; i <= rounds; i++) {
    stored = round(ours, parts, speeds[0]!)
    round(zstd, parts, speeds[1]!)
    round(gzip, few, speeds[2]!)
    // The first round is for compiling what is hot.
    if (i === 0) for (const each of speeds) each.store.length = each.load.length = 0
  }
  stored.forEach((each, i) => {
    const part = parts[i]!
    if (Buffer.compare(ours.load(each, part), part.raw) !== 0)
      throw new Error(`${name}: piece ${i} came back otherwise`)
  })
  const whole = Buffer.concat(parts.map(({ raw }) => raw))
  const shares = [
    stored.reduce((sum, { body }) => sum + body.length, 0) / size,
    zstdCompressSync(whole, ZSTD).length / size,
    gzipSync(Buffer.concat(few.map(({ raw }) => raw)), GZIP).length / total(few),
  ] as const
  const [mine, theirs, old] = speeds as [Speeds, Speeds, Speeds]
  const times = (a: readonly number[], b: readonly number[]): string => (median(a) / median(b)).toFixed(2)
  console.log(`${name}: ${(size / 1e6).toFixed(1)} MB in ${parts.length} pieces`)
  console.log(line('codec', mine, shares[0]))
  console.log(line('zstd-3', theirs, shares[1]))
  console.log(line('gzip-6', old, shares[2]))
  console.log(
    `  of zstd's: size ${(shares[0] / shares[1]).toFixed(3)} ×, storing ${times(mine.store, theirs.store)} ×, reading ` +
      `${times(mine.load, theirs.load)} ×; of gzip's: storing ${times(mine.store, old.store)} ×, reading ` +
      `${times(mine.load, old.load)} ×`,
  )
}

function* castsOf(name: string, weights: readonly Float32Array<ArrayBuffer>[]): Iterable<Case> {
  const changed = weights.map((each, i) => tuned(each, i))
  for (const kind of ['float32', 'bfloat16', 'float16'] as const) {
    yield { name: `${name} as ${kind}`, parts: castParts(kind, weights) }
    yield { name: `${name} as ${kind}, fine-tuned`, parts: castParts(kind, changed, weights) }
  }
}

if (positionals.length === 0) {
  const weights = gaussian(most / 4, 0.02, 42)
  const pieces = Array.from({ length: Math.ceil(weights.length / PIECE) }, (_, i) =>
    weights.slice(i * PIECE, (i + 1) * PIECE),
  )
  for (const each of castsOf('normal', pieces)) measure(each)
  const bytes = new Uint8Array(Int8Array.from(weights, value => Math.max(-127, value * 1500)).buffer)
  measure({ name: 'normal as int8', parts: piecesOf('int8', bytes) })
  for (const kind of ['float32', 'bfloat16'] as const) {
    const few = CASTS[kind](weights.slice(0, 2 ** 20))
    measure({ name: `normal as ${kind}, in pieces of 4 KiB`, parts: piecesOf(kind, few, 4096) })
  }
}
for (const [i, path] of positionals.entries()) {
  const parts = await fileParts(path, most)
  const name = basename(path)
  measure({ name: `${name} as it is`, parts })
  if (values.base !== undefined && i === 0) {
    measure({
      name: `${name} after ${basename(values.base)}`,
      parts: await withBases(parts, values.base, most),
    })
  }
  const weights = floatsOf(parts)
  if (weights.length > 0) for (const each of castsOf(name, weights)) measure(each)
}
