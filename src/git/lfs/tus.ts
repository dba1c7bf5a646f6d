import type { IncomingMessage, ServerResponse } from 'node:http'
import { BallastError, type Bytes } from '../../core/index.ts'
import type { ObjectAddress } from './address.ts'
import { type Admitted, admitToObject } from './admit.ts'
import { bodyOf } from './body.ts'
import { answerProblem, type Problem, problem } from './messages.ts'
import type { LfsHost, LfsObject, PartialKey } from './ports.ts'
import { heard, type LfsContext, lengthOf, wrongSize } from './transfers.ts'

/** https://tus.io/protocols/resumable-upload; its core, since a batch gives the addresses. */
const VERSION = '1.0.0'
const RESUMABLE = { 'Tus-Resumable': VERSION, 'Cache-Control': 'no-store' }
const OFFSET = /^\d{1,16}$/

export type TusDoor = (
  context: LfsContext,
  request: IncomingMessage,
  response: ServerResponse,
  address: ObjectAddress,
) => Promise<void>

/** HEAD says how far an upload came, PATCH goes on with it; what was sent so far survives a cut, and a restart. */
export function tusDoor(): TusDoor {
  const turns = new Turns()
  return async (context, request, response, address) => {
    if (request.method === 'OPTIONS') {
      response.writeHead(204, { ...RESUMABLE, 'Tus-Version': VERSION }).end()
      return
    }
    const refuse = ({ headers, ...wrong }: Problem) =>
      answerProblem(request, response, { ...wrong, headers: { ...headers, ...RESUMABLE } })
    if (request.headers['tus-resumable'] !== VERSION)
      return refuse(problem(412, `Tus-Resumable ${VERSION} is understood here.`, { 'Tus-Version': VERSION }))
    const admitted = await admitToObject(context, request, address, 'upload')
    if (admitted.kind === 'problem') return refuse(admitted)
    const size = admitted.size ?? announcedSize(request)
    if (size === undefined) return refuse(problem(403, 'Ask for this address by a batch: it tells the size.'))
    const upload: Upload = { host: context.host, admitted, object: { digest: address.digest, size } }
    const turn = await turns.take(keyOf(upload), () => request.destroy())
    try {
      const end = request.method === 'HEAD' ? await ask(upload) : await goOn(upload, request)
      if (end.kind === 'problem') return refuse(end)
      const length = request.method === 'HEAD' ? { 'Upload-Length': String(size) } : {}
      if (response.headersSent || response.destroyed) return
      response
        .writeHead(request.method === 'HEAD' ? 200 : 204, {
          ...RESUMABLE,
          ...length,
          'Upload-Offset': String(end.offset),
        })
        .end()
    } finally {
      turn.leave()
    }
  }
}

interface Upload {
  readonly host: LfsHost
  readonly admitted: Admitted
  readonly object: LfsObject
}

type End = { readonly kind: 'at'; readonly offset: Bytes } | Problem

/** A client that is told that all is there sends nothing more: so it is taken in before that is said. */
async function ask(upload: Upload): Promise<End> {
  const { host, admitted, object } = upload
  const received = await host.objects.received(admitted.project, [object.digest])
  if (received.has(object.digest)) return { kind: 'at', offset: object.size }
  const offset = await host.partials.offset(keyOf(upload))
  if (offset < object.size) return { kind: 'at', offset }
  const end = offset === object.size ? await takeIn(upload) : wrongSize(object.size, offset)
  if (end.kind === 'at') return end
  // It can't become the object: the client begins again.
  await host.partials.remove(keyOf(upload))
  return object.size === 0 ? end : { kind: 'at', offset: 0 }
}

async function goOn(upload: Upload, request: IncomingMessage): Promise<End> {
  const { host, object } = upload
  if (request.headers['content-type'] !== 'application/offset+octet-stream')
    return problem(415, 'Expected Content-Type application/offset+octet-stream.')
  const header = request.headers['upload-offset']
  if (typeof header !== 'string' || !OFFSET.test(header))
    return problem(400, 'Upload-Offset says where the bytes go on.')
  const offset = await host.partials.offset(keyOf(upload))
  if (Number(header) !== offset)
    return problem(409, `The upload goes on at ${offset}, not at ${header}.`, {
      'Upload-Offset': String(offset),
    })
  const announced = lengthOf(request)
  if (announced !== undefined && offset + announced > object.size)
    return problem(413, `${offset} of ${object.size} bytes are here; ${announced} more are too many.`)
  const now = await heard(request, () =>
    host.partials.append(keyOf(upload), offset, bodyOf(request), object.size - offset),
  )
  return now === object.size ? takeIn(upload) : { kind: 'at', offset: now }
}

/** Verifies the whole and gives it to the repository. Bytes that are others than their digest says are dropped. */
async function takeIn(upload: Upload): Promise<End> {
  const { host, admitted, object } = upload
  const { project, principal } = admitted
  try {
    const { size } = await host.objects.receive(
      project,
      principal,
      object,
      await host.partials.read(keyOf(upload)),
    )
    await host.partials.remove(keyOf(upload))
    return size === object.size ? { kind: 'at', offset: size } : wrongSize(object.size, size)
  } catch (error) {
    if (!(error instanceof BallastError) || error.code !== 'BLOB_DIGEST_MISMATCH') throw error
    await host.partials.remove(keyOf(upload))
    return problem(422, `${error.message}. What was received is discarded; send it again from its beginning.`)
  }
}

function keyOf({ admitted, object }: Upload): PartialKey {
  return { project: admitted.project, principal: admitted.principal, digest: object.digest }
}

/** With a caller's own credentials instead of a batch's. */
function announcedSize(request: IncomingMessage): Bytes | undefined {
  const header = request.headers['upload-length']
  return typeof header === 'string' && OFFSET.test(header) ? Number(header) : undefined
}

/**
 * One at a time for each upload. Who comes later ends who is there: a client that lost its connection is back before
 * we have seen it go.
 */
class Turns {
  readonly #current = new Map<string, { readonly end: () => void; readonly left: Promise<void> }>()

  async take({ project, principal, digest }: PartialKey, end: () => void): Promise<{ leave(): void }> {
    const key = `${project}/${principal}/${digest}`
    for (let before = this.#current.get(key); before; before = this.#current.get(key)) {
      before.end()
      await before.left
    }
    const left = Promise.withResolvers<void>()
    this.#current.set(key, { end, left: left.promise })
    return {
      leave: () => {
        this.#current.delete(key)
        left.resolve()
      },
    }
  }
}
