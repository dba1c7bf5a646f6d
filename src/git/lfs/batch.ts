import {
  type Bytes,
  type Clock,
  type Digest,
  type Instant,
  isDigest,
  type PrincipalId,
  type ProjectId,
} from '../../core/index.ts'
import { ACTION_SECONDS, type Operation, signClaims } from './actions.ts'
import { objectHref } from './address.ts'
import { isJson, type Json, member, type Problem, problem, problemOfError } from './messages.ts'
import type { LfsHost, LfsObject } from './ports.ts'

/** git-lfs asks for 100 at a time; each is looked up and signed for. */
const MAX_OBJECTS = 1000
/** 16 TiB: no file system of a client holds a larger file. */
const MAX_OBJECT_BYTES = 2 ** 44
/** Shown back to the client, whatever it sent. */
const MAX_SHOWN = 128

export type Transfer = 'basic' | 'tus'

export interface Batch {
  readonly operation: Operation
  readonly transfer: Transfer
  /** As they were asked for, in their order: what is no object has its error already. */
  readonly objects: readonly Asked[]
}

type Asked =
  | { readonly kind: 'object'; readonly object: LfsObject }
  | { readonly kind: 'error'; readonly answer: Answer }

interface Answer {
  readonly oid: string
  readonly size: number
  readonly authenticated?: true
  readonly actions?: Readonly<Record<string, Action>>
  readonly error?: { readonly code: number; readonly message: string }
}

interface Action {
  readonly href: string
  readonly header: Readonly<Record<string, string>>
  readonly expires_in: number
}

/** Reads a batch. https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md */
export function parseBatch(json: Json): { readonly kind: 'batch'; readonly batch: Batch } | Problem {
  const operation = member(json, 'operation')
  if (operation !== 'download' && operation !== 'upload')
    return problem(422, "The operation is either 'download' or 'upload'.")
  const algorithm = member(json, 'hash_algo') ?? 'sha256'
  if (algorithm !== 'sha256') return problem(409, 'Objects here are named by sha256 alone.')
  const transfer = transferOf(member(json, 'transfers'), operation)
  if (transfer === undefined) return problem(422, "Of transfers, 'basic' is here, and 'tus' for uploads.")
  const objects = member(json, 'objects')
  if (!Array.isArray(objects)) return problem(422, "'objects' is a list.")
  if (objects.length > MAX_OBJECTS)
    return problem(413, `A batch has at most ${MAX_OBJECTS} objects, not ${objects.length}.`)
  return { kind: 'batch', batch: { operation, transfer, objects: objects.map(askedOf) } }
}

/** tus is chosen by who offers it: only then an upload that was cut off can go on. */
function transferOf(offered: unknown, operation: Operation): Transfer | undefined {
  if (offered === undefined || offered === null) return 'basic'
  if (!Array.isArray(offered)) return undefined
  if (operation === 'upload' && offered.includes('tus')) return 'tus'
  return offered.length === 0 || offered.includes('basic') ? 'basic' : undefined
}

function askedOf(value: unknown): Asked {
  const [oid, size] = isJson(value) ? [member(value, 'oid'), member(value, 'size')] : []
  const shown = { oid: String(oid ?? '').slice(0, MAX_SHOWN), size: typeof size === 'number' ? size : 0 }
  const refuse = (code: number, message: string): Asked => ({
    kind: 'error',
    answer: { ...shown, error: { code, message } },
  })
  const digest = `sha256:${typeof oid === 'string' ? oid : ''}`
  if (!isDigest(digest)) return refuse(422, 'An oid is a sha256: 64 lower-case hexadecimal digits.')
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    return refuse(422, 'A size is a whole number of bytes, 0 or more.')
  if (size > MAX_OBJECT_BYTES) return refuse(413, `An object has at most ${MAX_OBJECT_BYTES} bytes.`)
  return { kind: 'object', object: { digest, size } }
}

export interface BatchContext {
  readonly host: LfsHost
  readonly clock: Clock
  readonly origin: string
  readonly repository: string
  readonly project: ProjectId
  readonly principal: PrincipalId
}

/** What each object of a batch comes to: how to transfer it, nothing to do, or why not. */
export async function answerBatch(batch: Batch, context: BatchContext): Promise<object> {
  const { host, project } = context
  const digests = batch.objects.flatMap(asked => (asked.kind === 'object' ? [asked.object.digest] : []))
  const received = await host.objects.received(project, [...new Set(digests)])
  const room = roomFor(context)
  const objects: Answer[] = []
  for (const asked of batch.objects) {
    if (asked.kind === 'error') objects.push(asked.answer)
    else objects.push(await answerOne(asked.object, batch, context, { received, room }))
  }
  return { transfer: batch.transfer, objects, hash_algo: 'sha256' }
}

interface Known {
  readonly received: ReadonlyMap<Digest, Bytes>
  /** Why the project can't take this object beside the others of the batch. */
  readonly room: (object: LfsObject) => Promise<Problem | undefined>
}

async function answerOne(
  object: LfsObject,
  { operation, transfer }: Batch,
  context: BatchContext,
  { received, room }: Known,
): Promise<Answer> {
  const shown = { oid: object.digest.slice('sha256:'.length), size: object.size }
  const refuse = (code: number, message: string): Answer => ({ ...shown, error: { code, message } })
  const size = received.get(object.digest)
  if (size !== undefined && size !== object.size)
    return refuse(422, `This object has ${size} bytes, not ${object.size}.`)
  if (operation === 'download') {
    if (size === undefined) return refuse(404, 'This repository has received no such object.')
    return {
      ...shown,
      authenticated: true,
      actions: await actionsOf(object, operation, ['download'], context),
    }
  }
  const full = await (size === undefined
    ? room(object)
    : clientsProblem(() => context.host.objects.rely(context.project, object.digest)))
  if (full) return refuse(full.status, full.message)
  if (size !== undefined) return shown
  const upload = transfer === 'tus' ? 'partial' : 'upload'
  return {
    ...shown,
    authenticated: true,
    actions: await actionsOf(object, operation, [upload, 'verify'], context),
  }
}

/** Counts what was let in of this batch, so that ten objects that fit alone do not fit together. */
function roomFor({ host, project }: BatchContext): Known['room'] {
  const counted = new Set<Digest>()
  let bytes = 0
  return async ({ digest, size }) => {
    if (counted.has(digest)) return undefined
    const full = await clientsProblem(() => host.objects.allow(project, bytes + size))
    if (full) return full
    counted.add(digest)
    bytes += size
    return undefined
  }
}

/** What the client is told of; every other error is ours. */
async function clientsProblem(work: () => Promise<void>): Promise<Problem | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    const known = problemOfError(error)
    if (known) return known
    throw error
  }
}

const PARTS = {
  download: { name: 'download', part: '' },
  upload: { name: 'upload', part: '' },
  partial: { name: 'upload', part: '/partial' },
  verify: { name: 'verify', part: '/verify' },
} as const

async function actionsOf(
  { digest, size }: LfsObject,
  operation: Operation,
  wanted: readonly (keyof typeof PARTS)[],
  { host, clock, origin, repository, project, principal }: BatchContext,
): Promise<Readonly<Record<string, Action>>> {
  const expiresAt = (clock.now() + ACTION_SECONDS * 1000) as Instant
  const token = await signClaims(host, { operation, project, principal, digest, size, expiresAt })
  return Object.fromEntries(
    wanted.map(key => {
      const { name, part } = PARTS[key]
      const href = objectHref(origin, repository, digest, part)
      return [name, { href, header: { Authorization: `Bearer ${token}` }, expires_in: ACTION_SECONDS }]
    }),
  )
}
