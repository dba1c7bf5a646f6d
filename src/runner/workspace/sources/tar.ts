import { RunnerError } from '../../errors.ts'
import { linkStaysInside, plainPath } from '../names.ts'
import { ByteReader } from './byte-reader.ts'

const BLOCK = 512
/** Extended headers hold a path or two. */
const MAX_PAX_BYTES = 64 * 1024
/** More files than any repository of models has; each costs a create. */
const MAX_ENTRIES = 300_000
/** Of one source. */
const MAX_TOTAL_BYTES = 64 * 1024 ** 3

export type TarEntry =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | {
      readonly kind: 'file'
      readonly path: string
      readonly size: number
      readonly executable: boolean
      /** Once, and before the next entry is asked for; what is left is passed over. */
      readonly body: AsyncIterable<Buffer>
    }

/**
 * Reads a POSIX tar (ustar with pax headers: what `git archive` writes) as it arrives. Paths are plain and links
 * stay inside. Throws SOURCE_INVALID on a damaged header, an early end, a path or link that leads out, or a kind
 * of entry that a commit can't hold (devices, hard links); SOURCE_TOO_LARGE.
 */
export async function* readTar(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const reader = new ByteReader(chunks)
  let pax = new Map<string, string>()
  let total = 0
  for (let count = 0; ; count++) {
    if (count > MAX_ENTRIES) throw tooLarge(`more than ${MAX_ENTRIES} entries`)
    const block = await reader.take(BLOCK)
    if (!block) throw invalid('it ends before its closing blocks')
    const header = parseHeader(block)
    if (!header) break
    if (header.type === 'x' || header.type === 'g') {
      const records = await readPax(reader, header.size)
      // Global records of `git archive` hold the commit's id, which we know.
      if (header.type === 'x') pax = records
      continue
    }
    const entry = describe(header, pax)
    pax = new Map()
    total += entry.size
    if (total > MAX_TOTAL_BYTES) throw tooLarge(`more than ${MAX_TOTAL_BYTES} bytes`)
    yield* give(reader, entry)
  }
  await reader.drain()
}

interface Header {
  readonly path: string
  readonly target: string
  readonly size: number
  readonly mode: number
  readonly type: string
}

/** Undefined for the block of zeros that ends an archive. */
function parseHeader(block: Buffer): Header | undefined {
  if (block.every(byte => byte === 0)) return undefined
  let sum = 8 * 0x20
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += block[i]!
  if (sum !== octal(block, 148, 8)) throw invalid('a header has a wrong checksum')
  const name = text(block, 0, 100)
  const prefix = block.toString('latin1', 257, 262) === 'ustar' ? text(block, 345, 155) : ''
  return {
    path: prefix ? `${prefix}/${name}` : name,
    target: text(block, 157, 100),
    size: octal(block, 124, 12),
    mode: octal(block, 100, 8),
    type: String.fromCharCode(block[156]!),
  }
}

type Described =
  | { readonly kind: 'folder'; readonly path: string; readonly size: 0 }
  | { readonly kind: 'link'; readonly path: string; readonly target: string; readonly size: 0 }
  | { readonly kind: 'file'; readonly path: string; readonly size: number; readonly executable: boolean }

function describe(header: Header, pax: ReadonlyMap<string, string>): Described {
  const named = pax.get('path') ?? header.path
  const path = plainPath(named)
  if (path === undefined)
    throw invalid(`the path ${JSON.stringify(named.slice(0, 200))} can't be laid into a folder`)
  const size = pax.has('size') ? decimal(pax.get('size')!) : header.size
  switch (header.type) {
    case '0':
    case '\0':
      return { kind: 'file', path, size, executable: (header.mode & 0o100) !== 0 }
    case '5':
      return { kind: 'folder', path, size: 0 }
    case '2': {
      const target = pax.get('linkpath') ?? header.target
      if (!linkStaysInside(path, target))
        throw invalid(`the link ${path} -> ${target.slice(0, 200)} leads out of the source`)
      return { kind: 'link', path, target, size: 0 }
    }
    default:
      throw invalid(`${path} is an entry of kind ${JSON.stringify(header.type)}, which no commit holds`)
  }
}

async function* give(reader: ByteReader, entry: Described): AsyncGenerator<TarEntry> {
  if (entry.kind !== 'file') {
    yield entry
    return
  }
  let left = entry.size
  async function* body(): AsyncGenerator<Buffer> {
    while (left > 0) {
      const part = await reader.some(left)
      if (!part) throw invalid(`it ends in the middle of ${entry.path}`)
      left -= part.length
      yield part
    }
  }
  yield { ...entry, body: body() }
  while (left > 0) {
    const part = await reader.some(left)
    if (!part) throw invalid(`it ends in the middle of ${entry.path}`)
    left -= part.length
  }
  const padding = (BLOCK - (entry.size % BLOCK)) % BLOCK
  if (padding > 0 && !(await reader.take(padding))) throw invalid(`it ends after ${entry.path}`)
}

/** Records of a pax header: `length key=value\n`, length counting itself. */
async function readPax(reader: ByteReader, size: number): Promise<Map<string, string>> {
  if (size > MAX_PAX_BYTES) throw invalid(`an extended header of ${size} bytes`)
  const padded = Math.ceil(size / BLOCK) * BLOCK
  const whole = await reader.take(padded)
  if (!whole) throw invalid('it ends in an extended header')
  const bytes = whole.subarray(0, size)
  const records = new Map<string, string>()
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at)
    const length = space < 0 ? Number.NaN : decimal(bytes.toString('latin1', at, space))
    const end = at + length
    const equals = bytes.indexOf(0x3d, space)
    if (!(end <= bytes.length) || equals < 0 || equals >= end || bytes[end - 1] !== 0x0a) {
      throw invalid('an extended header is damaged')
    }
    records.set(bytes.toString('utf8', space + 1, equals), bytes.toString('utf8', equals + 1, end - 1))
    at = end
  }
  return records
}

function text(block: Buffer, start: number, length: number): string {
  const field = block.subarray(start, start + length)
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end < 0 ? length : end)
}

function octal(block: Buffer, start: number, length: number): number {
  const digits = block.toString('latin1', start, start + length).replace(/^[ ]+|[ \0]+$/g, '')
  if (!/^[0-7]{0,12}$/.test(digits)) throw invalid('a header holds a number that is not octal')
  return digits === '' ? 0 : Number.parseInt(digits, 8)
}

function decimal(digits: string): number {
  const value = /^\d{1,16}$/.test(digits) ? Number(digits) : Number.NaN
  if (!Number.isSafeInteger(value)) throw invalid(`${JSON.stringify(digits.slice(0, 40))} is not a size`)
  return value
}

function invalid(what: string): RunnerError {
  return new RunnerError('SOURCE_INVALID', {
    message: `The archive of the source is no good: ${what}`,
    hint: 'Try the job again; if it happens again, the repository on the server is damaged (`git fsck`).',
  })
}

function tooLarge(what: string): RunnerError {
  return new RunnerError('SOURCE_TOO_LARGE', {
    message: `The source has ${what}`,
    hint: 'Keep data sets and intermediate files out of the repository.',
  })
}
