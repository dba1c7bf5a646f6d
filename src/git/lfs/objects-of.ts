import type { CommitId, Digest } from '../../core/index.ts'
import { partsOf, type StreamOptions, streamGit } from '../process/stream.ts'
import { type LfsPointer, MAX_POINTER_BYTES, parsePointer } from './pointer.ts'
import { quarantineEnvironment } from './quarantine.ts'

/** `version …`, an oid and a size are 120 bytes at least; a shorter blob can't be a pointer. */
const MIN_POINTER_BYTES = 115
/** Of a history of millions of objects; it is walked at some 100,000 objects a second. */
const MAX_WALK_MS = 10 * 60_000
/** Ids that are asked for together. */
const AT_ONCE = 2000

export interface PointerAt extends LfsPointer {
  /** One of the paths at which it stands. */
  readonly path: string
}

export interface WalkOptions {
  /** Commits and tags where the walk begins. */
  readonly from: readonly CommitId[] | 'all refs'
  /** Leaves out what the refs of the repository lead to already. */
  readonly newOnly?: boolean
  /** The name of a push's quarantine. */
  readonly quarantine?: string | undefined
  readonly signal?: AbortSignal
}

/**
 * The pointers in a history: every blob that is small enough is read, whatever its path and attributes, since a
 * client may have smudged by attributes of its own. An object may come more than once. Memory is bounded, whatever
 * the history.
 */
export async function* pointersIn(directory: string, options: WalkOptions): AsyncGenerator<PointerAt> {
  const base = gitOptions(directory, options)
  let batch = new Map<string, string>()
  for await (const { id, path } of smallBlobs(base, options)) {
    batch.set(id, path)
    if (batch.size < AT_ONCE) continue
    yield* pointersAmong(base, batch)
    batch = new Map()
  }
  if (batch.size > 0) yield* pointersAmong(base, batch)
}

/** The digests of all objects that any ref of a repository leads to, hidden refs too: what a collection must keep. */
export async function lfsObjectsOf(directory: string, signal?: AbortSignal): Promise<ReadonlySet<Digest>> {
  const found = new Set<Digest>()
  const options = { from: 'all refs', ...(signal && { signal }) } as const
  for await (const { digest } of pointersIn(directory, options)) found.add(digest)
  return found
}

type Base = Omit<StreamOptions, 'input'>

function gitOptions(directory: string, { quarantine, signal }: WalkOptions): Base {
  const environment = quarantineEnvironment(directory, quarantine)
  return { directory, environment, maxMs: MAX_WALK_MS, ...(signal && { signal }) }
}

async function* smallBlobs(
  base: Base,
  { from, newOnly = false }: WalkOptions,
): AsyncGenerator<{ readonly id: string; readonly path: string }> {
  // Large blobs are left out where they are found: their sizes are all that is looked at.
  const walk = ['rev-list', '--objects', `--filter=blob:limit=${MAX_POINTER_BYTES + 1}`]
  const refs = from === 'all refs' ? ['--all'] : ['--stdin', ...(newOnly ? ['--not', '--all'] : [])]
  const input = from === 'all refs' ? [] : from.map(id => `${id}\n`)
  const listed = streamGit([...walk, ...refs], { ...base, input })
  const asked = streamGit(
    ['cat-file', '--buffer', '--batch-check=%(objecttype) %(objectsize) %(objectname) %(rest)'],
    {
      ...base,
      input: textOf(listed),
    },
  )
  for await (const line of partsOf(asked, '\n')) {
    const [, size, id, path = ''] = /^blob (\d+) ([0-9a-f]{40}) (.*)$/s.exec(line) ?? []
    if (id !== undefined && Number(size) >= MIN_POINTER_BYTES && Number(size) <= MAX_POINTER_BYTES)
      yield { id, path }
  }
}

async function* textOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  for await (const line of partsOf(chunks, '\n')) yield `${line}\n`
}

async function* pointersAmong(base: Base, blobs: ReadonlyMap<string, string>): AsyncGenerator<PointerAt> {
  const input = [...blobs.keys()].map(id => `${id}\n`)
  const chunks: Buffer[] = []
  for await (const chunk of streamGit(['cat-file', '--buffer', '--batch'], { ...base, input }))
    chunks.push(chunk)
  const answer = Buffer.concat(chunks)
  // `<id> blob <size>\n<bytes>\n`
  for (let at = 0; at < answer.length; ) {
    const line = answer.indexOf(0x0a, at)
    const [id = '', , size] = answer.toString('latin1', at, line).split(' ')
    const end = line + 1 + Number(size)
    const pointer = parsePointer(answer.subarray(line + 1, end))
    if (pointer) yield { ...pointer, path: blobs.get(id) ?? '' }
    at = end + 1
  }
}
