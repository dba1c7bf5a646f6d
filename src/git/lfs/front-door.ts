import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Clock, type Logger, messageOf } from '../../core/index.ts'
import { Turnstile } from '../http/turnstile.ts'
import { type LfsAddress, parseLfsAddress } from './address.ts'
import { admit, hasCredentials, UNAUTHENTICATED } from './admit.ts'
import { answerBatch, parseBatch } from './batch.ts'
import { locks } from './locks.ts'
import { answerJson, answerProblem, headerProblem, problem, problemOfError, readJson } from './messages.ts'
import { originFor } from './origin.ts'
import type { LfsHost } from './ports.ts'
import { download, type LfsContext, upload, verifyObject } from './transfers.ts'
import { type TusDoor, tusDoor } from './tus.ts'

export interface LfsFrontDoorOptions {
  readonly host: LfsHost
  readonly clock: Clock
  readonly logger: Logger
}

/** Git LFS below `/<project>.git/info/lfs/`: batches, transfers, locks. */
export interface LfsFrontDoor {
  /** Whether a path is one of this door's. */
  owns(url: string): boolean
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** Lets transfers end for a moment, then cuts them; resolves when none is left. */
  close(): Promise<void>
}

/** Each holds a file and a buffer; git-lfs opens eight at once. */
const MAX_TRANSFERS = 128
const MAX_WAITING = 1000
const CLOSE_DEADLINE_MS = 5000
const OWN = /\.git\/info\/lfs\//

const METHODS: Readonly<Record<LfsAddress['kind'], readonly string[]>> = {
  batch: ['POST'],
  locks: ['GET', 'POST'],
  'verify locks': ['POST'],
  unlock: ['POST'],
  object: ['GET', 'HEAD', 'PUT'],
  partial: ['HEAD', 'PATCH', 'OPTIONS'],
  'verify object': ['POST'],
}

export function lfsFrontDoor({ host, clock, logger }: LfsFrontDoorOptions): LfsFrontDoor {
  const transfers = new Turnstile(MAX_TRANSFERS, MAX_WAITING)
  const ongoing = new Map<Promise<void>, IncomingMessage>()
  const closing = new AbortController()
  const context: LfsContext = { host, clock, logger }
  const tus = tusDoor()

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const address = parseLfsAddress(request.url ?? '')
    if (address === undefined) return answerProblem(request, response, problem(404, 'There is nothing here.'))
    const methods = METHODS[address.kind]
    if (!methods.includes(request.method ?? ''))
      return answerProblem(
        request,
        response,
        problem(405, `Use ${methods.join(' or ')} here.`, { Allow: methods.join(', ') }),
      )
    if (request.method !== 'OPTIONS' && !hasCredentials(request))
      return answerProblem(request, response, UNAUTHENTICATED)
    if (address.kind !== 'object' && address.kind !== 'partial')
      return serve(context, tus, request, response, address)
    const leave = await transfers.enter()
    if (leave === undefined)
      return answerProblem(
        request,
        response,
        problem(503, 'Too many transfers at once.', { 'Retry-After': '5' }),
      )
    try {
      if (!response.destroyed) await serve(context, tus, request, response, address)
    } finally {
      leave()
    }
  }

  async function answered(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await handle(request, response)
    } catch (error) {
      // A client that went away in the middle is no error of ours.
      if (request.destroyed && !request.complete) return void response.destroy()
      const known = problemOfError(error)
      if (!known) logger.error({ url: request.url, error: messageOf(error) }, 'A request of Git LFS failed')
      answerProblem(
        request,
        response,
        known ?? problem(500, 'Ballast could not answer because of an error of its own.'),
      )
    }
  }

  return {
    owns: url => OWN.test(url.split('?', 1)[0]!),
    async handle(request, response) {
      response.on('error', () => undefined)
      request.on('error', () => undefined)
      if (closing.signal.aborted)
        return answerProblem(
          request,
          response,
          problem(503, 'Ballast is stopping; try again.', { 'Retry-After': '5' }),
        )
      const work = answered(request, response)
      ongoing.set(work, request)
      await work.finally(() => ongoing.delete(work))
    },
    async close() {
      closing.abort()
      const end = setTimeout(() => {
        for (const request of ongoing.values()) request.socket.destroy()
      }, CLOSE_DEADLINE_MS)
      await Promise.allSettled(ongoing.keys())
      clearTimeout(end)
    },
  }
}

async function serve(
  context: LfsContext,
  tus: TusDoor,
  request: IncomingMessage,
  response: ServerResponse,
  address: LfsAddress,
): Promise<void> {
  switch (address.kind) {
    case 'batch':
      return batch(context, request, response, address.repository)
    case 'object':
      return request.method === 'PUT'
        ? upload(context, request, response, address)
        : download(context, request, response, address)
    case 'partial':
      return tus(context, request, response, address)
    case 'verify object':
      return verifyObject(context, request, response, address)
    default:
      return locks(context, request, response, address)
  }
}

async function batch(
  { host, clock }: LfsContext,
  request: IncomingMessage,
  response: ServerResponse,
  repository: string,
): Promise<void> {
  const wrong = headerProblem(request)
  if (wrong) return answerProblem(request, response, wrong)
  const body = await readJson(request)
  if (body.kind === 'problem') return answerProblem(request, response, body)
  const parsed = parseBatch(body.json)
  const operation = parsed.kind === 'batch' ? parsed.batch.operation : 'download'
  const admitted = await admit(host, request, repository, operation === 'upload' ? 'write' : 'read')
  if (admitted.kind === 'problem') return answerProblem(request, response, admitted)
  if (parsed.kind === 'problem') return answerProblem(request, response, parsed)
  const origin = originFor(request, host.publicUrl)
  if (origin === undefined)
    return answerProblem(request, response, problem(400, 'The Host header names no host.'))
  const { project, principal } = admitted
  answerJson(
    response,
    200,
    await answerBatch(parsed.batch, { host, clock, origin, repository, project, principal }),
  )
}
