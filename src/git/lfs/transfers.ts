import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import { type Clock, type Logger, messageOf, systemCode } from '../../core/index.ts'
import type { ObjectAddress } from './address.ts'
import { admitToObject } from './admit.ts'
import { bodyOf } from './body.ts'
import { answerJson, answerProblem, headerProblem, member, problem, readJson } from './messages.ts'
import type { LfsHost } from './ports.ts'
import { wantedOf } from './range.ts'
import { send } from './send.ts'

export interface LfsContext {
  readonly host: LfsHost
  readonly clock: Clock
  readonly logger: Logger
}

/** A client that sends nothing for this long is gone, or holds a place on purpose. */
export const MAX_SILENCE_MS = 120_000

/** GET and HEAD of an object's bytes, whole or a range. */
export async function download(
  context: LfsContext,
  request: IncomingMessage,
  response: ServerResponse,
  address: ObjectAddress,
): Promise<void> {
  const { host, logger } = context
  const { digest } = address
  const admitted = await admitToObject(context, request, address, 'download')
  if (admitted.kind === 'problem') return answerProblem(request, response, admitted)
  const size = (await host.objects.received(admitted.project, [digest])).get(digest)
  if (size === undefined)
    return answerProblem(request, response, problem(404, 'This repository has received no such object.'))
  const etag = `"${digest.slice('sha256:'.length)}"`
  const wanted = wantedOf(request.headers, size, etag)
  const headers = { ...BYTES, ETag: etag }
  if (wanted.kind === 'unchanged') {
    response.writeHead(304, headers).end()
    return
  }
  if (wanted.kind === 'beyond') {
    const range = { 'Content-Range': `bytes */${size}` }
    return answerProblem(request, response, problem(416, `The object has ${size} bytes.`, range))
  }
  const { kind, start, end } = wanted
  const head = {
    ...headers,
    'Content-Length': String(end - start),
    ...(kind === 'part' && { 'Content-Range': `bytes ${start}-${end - 1}/${size}` }),
  }
  const status = kind === 'part' ? 206 : 200
  if (request.method === 'HEAD' || start === end) {
    response.writeHead(status, head).end()
    return
  }
  const content = await begun(await host.objects.read(digest, { start, end }))
  response.writeHead(status, head)
  try {
    await send(content, response)
  } catch (error) {
    // The client sees that bytes lack, and keeps nothing.
    response.destroy()
    if (systemCode(error) !== 'ERR_STREAM_PREMATURE_CLOSE')
      logger.error({ digest, error: messageOf(error) }, 'An object could not be read to its end')
  }
}

/** Bytes that nobody else may interpret, that never change, and that no shared cache keeps. */
const BYTES = {
  'Content-Type': 'application/octet-stream',
  'Accept-Ranges': 'bytes',
  'Cache-Control': 'private, max-age=31536000, immutable',
  'Content-Disposition': 'attachment',
  'Content-Security-Policy': "default-src 'none'; sandbox",
  'X-Content-Type-Options': 'nosniff',
}

/** A stream with its first bytes there: what can't be read at all is an answer, and not half of one. */
async function begun(stream: Readable): Promise<Readable> {
  await once(stream, 'readable')
  return stream
}

/** PUT of a whole object. */
export async function upload(
  context: LfsContext,
  request: IncomingMessage,
  response: ServerResponse,
  address: ObjectAddress,
): Promise<void> {
  const { digest } = address
  const admitted = await admitToObject(context, request, address, 'upload')
  if (admitted.kind === 'problem') return answerProblem(request, response, admitted)
  const announced = lengthOf(request)
  const size = admitted.size ?? announced
  if (size === undefined)
    return answerProblem(request, response, problem(411, 'Say the size of the object by Content-Length.'))
  if (announced !== undefined && announced !== size)
    return answerProblem(
      request,
      response,
      problem(422, `The object was announced with ${size} bytes, and ${announced} are to come.`),
    )
  const { project, principal } = admitted
  const { host } = context
  if (admitted.size === undefined) await host.objects.allow(project, size)
  const received = await heard(request, () =>
    host.objects.receive(project, principal, { digest, size }, bodyOf(request)),
  )
  if (received.size !== size) return answerProblem(request, response, wrongSize(size, received.size))
  answerJson(response, 200, {})
}

export function wrongSize(announced: number, received: number) {
  return problem(422, `The object was announced with ${announced} bytes, and has ${received}.`)
}

/** Of the body; undefined where it comes in chunks. */
export function lengthOf(request: IncomingMessage): number | undefined {
  const header = request.headers['content-length']
  return header === undefined ? undefined : Number(header)
}

/** Ends a request whose sender falls silent meanwhile. */
export async function heard<Result>(request: IncomingMessage, work: () => Promise<Result>): Promise<Result> {
  const cut = () => request.destroy(new Error('The client fell silent'))
  request.setTimeout(MAX_SILENCE_MS, cut)
  try {
    return await work()
  } finally {
    request.setTimeout(0)
    request.removeListener('timeout', cut)
  }
}

/** POST after an upload: whether it arrived. */
export async function verifyObject(
  context: LfsContext,
  request: IncomingMessage,
  response: ServerResponse,
  address: ObjectAddress,
): Promise<void> {
  const wrong = headerProblem(request)
  if (wrong) return answerProblem(request, response, wrong)
  const admitted = await admitToObject(context, request, address, 'upload')
  if (admitted.kind === 'problem') return answerProblem(request, response, admitted)
  const body = await readJson(request)
  if (body.kind === 'problem') return answerProblem(request, response, body)
  const { digest } = address
  const size = (await context.host.objects.received(admitted.project, [digest])).get(digest)
  if (size === undefined) answerProblem(request, response, problem(404, 'The object has not arrived.'))
  else if (member(body.json, 'oid') !== digest.slice('sha256:'.length))
    answerProblem(request, response, problem(422, "The oid is not the address's."))
  else if (member(body.json, 'size') !== size)
    answerProblem(request, response, problem(422, `The object has ${size} bytes.`))
  else answerJson(response, 200, { oid: member(body.json, 'oid'), size })
}
