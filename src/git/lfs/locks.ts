import type { IncomingMessage, ServerResponse } from 'node:http'
import { isoOf, type LockId } from '../../core/index.ts'
import type { LockAddress } from './address.ts'
import { type Admitted, admit } from './admit.ts'
import {
  answerJson,
  answerProblem,
  headerProblem,
  type Json,
  member,
  type Problem,
  problem,
  readJson,
} from './messages.ts'
import type { LfsLock } from './ports.ts'
import type { LfsContext } from './transfers.ts'

/** A page of locks. */
const [DEFAULT_LIMIT, MAX_LIMIT] = [100, 1000]
/** Git's own limit is that of the file system; PATH_MAX is 4096 with its end. */
const MAX_PATH_BYTES = 4095
/** A cursor and an id are ids of ours. */
const ID = /^[A-Za-z0-9_-]{1,64}$/

type Reply = { readonly kind: 'reply'; readonly status: number; readonly body: object } | Problem

/** Locks of files. https://github.com/git-lfs/git-lfs/blob/main/docs/api/locking.md */
export async function locks(
  context: LfsContext,
  request: IncomingMessage,
  response: ServerResponse,
  address: LockAddress,
): Promise<void> {
  const reply = await replyTo(context, request, address)
  if (reply.kind === 'problem') answerProblem(request, response, reply)
  else answerJson(response, reply.status, reply.body)
}

async function replyTo(context: LfsContext, request: IncomingMessage, address: LockAddress): Promise<Reply> {
  const wrong = headerProblem(request)
  if (wrong) return wrong
  const access = request.method === 'GET' ? 'read' : 'write'
  const admitted = await admit(context.host, request, address.repository, access)
  if (admitted.kind === 'problem') return admitted
  if (request.method === 'GET')
    return list(context, admitted, new URL(request.url ?? '', 'http://lfs').searchParams)
  const body = await readJson(request)
  if (body.kind === 'problem') return body
  if (address.kind === 'locks') return create(context, admitted, body.json)
  if (address.kind === 'unlock') return unlock(context, admitted, address.id, body.json)
  return verify(context, admitted, body.json)
}

async function create({ host }: LfsContext, { project, principal }: Admitted, json: Json): Promise<Reply> {
  const path = lockPath(member(json, 'path'))
  if (path === undefined)
    return problem(
      422,
      'A path is relative to the root of the repository, with forward slashes, such as models/digits.onnx.',
    )
  const { kind, lock } = await host.locks.lock(project, path, principal)
  if (kind === 'locked') return { kind: 'reply', status: 201, body: { lock: shown(lock) } }
  const message = `${path} is locked by ${lock.ownerName} since ${isoOf(lock.lockedAt)}.`
  return { kind: 'reply', status: 409, body: { lock: shown(lock), message } }
}

async function list({ host }: LfsContext, { project }: Admitted, query: URLSearchParams): Promise<Reply> {
  const [path, id] = [query.get('path'), query.get('id')]
  const page = pageOf(query.get('cursor') ?? undefined, query.get('limit') ?? undefined)
  if (page === undefined)
    return problem(422, `The limit is a number up to ${MAX_LIMIT}; the cursor is one that an answer gave.`)
  // What no lock can have finds none.
  const asked = path ? lockPath(path) : undefined
  if ((path && asked === undefined) || (id && !ID.test(id)))
    return { kind: 'reply', status: 200, body: { locks: [] } }
  const found = await host.locks.locks(project, {
    ...page,
    ...(asked !== undefined && { path: asked }),
    ...(id && { id }),
  })
  return { kind: 'reply', status: 200, body: { locks: found.map(shown), ...next(found, page.limit) } }
}

async function verify({ host }: LfsContext, { project, principal }: Admitted, json: Json): Promise<Reply> {
  const page = pageOf(member(json, 'cursor'), member(json, 'limit'))
  if (page === undefined)
    return problem(422, `The limit is a number up to ${MAX_LIMIT}; the cursor is one that an answer gave.`)
  const found = await host.locks.locks(project, page)
  const ours = found.filter(({ owner }) => owner === principal).map(shown)
  const theirs = found.filter(({ owner }) => owner !== principal).map(shown)
  return { kind: 'reply', status: 200, body: { ours, theirs, ...next(found, page.limit) } }
}

async function unlock(
  { host }: LfsContext,
  { project, principal }: Admitted,
  id: string,
  json: Json,
): Promise<Reply> {
  const [lock] = await host.locks.locks(project, { id, limit: 1 })
  if (!lock) return problem(404, `There is no lock ${id}.`)
  if (lock.owner !== principal) {
    if (member(json, 'force') !== true)
      return problem(
        403,
        `${lock.path} is locked by ${lock.ownerName}; a maintainer unlocks it with --force.`,
      )
    if (!(await host.mayBreakLocks(project, principal)))
      return problem(403, `${lock.path} is locked by ${lock.ownerName}; only a maintainer takes a lock away.`)
  }
  if (!(await host.locks.unlock(project, lock.id as LockId))) return problem(404, `There is no lock ${id}.`)
  return { kind: 'reply', status: 200, body: { lock: shown(lock) } }
}

/** As Git has it in a tree: no empty, `.` or `..` parts, no controls. Undefined for what is no path. */
export function lockPath(value: unknown): string | undefined {
  if (typeof value !== 'string' || Buffer.byteLength(value) > MAX_PATH_BYTES) return undefined
  const path = value.replace(/^\.\//, '')
  if (/[\x00-\x1f\x7f]/.test(path) || !path.isWellFormed()) return undefined
  const parts = path.split('/')
  return parts.every(part => part !== '' && part !== '.' && part !== '..') ? path : undefined
}

/** 0 and nothing are the default, as clients send them. */
function pageOf(
  cursor: unknown,
  limit: unknown,
): { readonly after?: string; readonly limit: number } | undefined {
  const count = Number(limit || DEFAULT_LIMIT)
  if (!Number.isSafeInteger(count) || count < 1) return undefined
  const page = { limit: Math.min(count, MAX_LIMIT) }
  if (cursor === undefined || cursor === null || cursor === '') return page
  return typeof cursor === 'string' && ID.test(cursor) ? { ...page, after: cursor } : undefined
}

function next(found: readonly LfsLock[], limit: number): { readonly next_cursor?: string } {
  const last = found.at(-1)
  return last !== undefined && found.length === limit ? { next_cursor: last.id } : {}
}

function shown({ id, path, lockedAt, ownerName }: LfsLock): object {
  return { id, path, locked_at: isoOf(lockedAt), owner: { name: ownerName } }
}
