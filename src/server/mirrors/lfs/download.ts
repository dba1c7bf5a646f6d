import type { IncomingMessage } from 'node:http'
import { BallastError } from '../../../core/index.ts'
import type { LfsObjects, LfsPartials, LfsPointer, PartialKey } from '../../../git/index.ts'
import type { Offer } from './batch.ts'
import { type Asking, ask, failed } from './request.ts'

export interface Place {
  readonly key: PartialKey
  readonly objects: Pick<LfsObjects, 'receive'>
  readonly partials: LfsPartials
}

type There = Extract<Offer, { readonly kind: 'there' }>

/**
 * Takes in one object, from where an earlier try was cut off. Gives why it can't be had; undefined where it is there
 * now. Throws OUTBOUND_REFUSED and OUTBOUND_FAILED where another try may help, and what the store throws.
 */
export async function download(
  offer: There,
  object: LfsPointer,
  { key, objects, partials }: Place,
  asking: Asking,
): Promise<string | undefined> {
  const offset = await partials.offset(key)
  if (offset < object.size) {
    const answer = await begin(offer, offset, object, asking)
    if (typeof answer === 'string') return answer
    // What was asked from the middle may come from the beginning.
    const from = answer.statusCode === 206 ? offset : 0
    if (from === 0) await partials.remove(key)
    const end = await partials
      .append(key, from, answer, object.size - from)
      .catch((error: unknown) => dropped(error, offer.url))
    if (end < object.size) throw failed(offer.url, `it ended after ${end} of ${object.size} bytes`)
  }
  try {
    const { size } = await objects.receive(key.project, key.principal, object, await partials.read(key))
    return size === object.size ? undefined : `it has ${size} bytes instead of ${object.size}`
  } catch (error) {
    if (!(error instanceof BallastError) || error.code !== 'BLOB_DIGEST_MISMATCH') throw error
    return 'other bytes than its digest says'
  } finally {
    await partials.remove(key)
  }
}

async function begin(
  { url, headers }: There,
  offset: number,
  { size }: LfsPointer,
  asking: Asking,
): Promise<IncomingMessage | string> {
  const range = offset > 0 ? { range: `bytes=${offset}-` } : {}
  const answer = await ask({ method: 'GET', url, headers: { ...headers, ...range } }, asking)
  const { statusCode = 0, headers: told } = answer
  const continued = statusCode === 206 && told['content-range']?.startsWith(`bytes ${offset}-`)
  if (statusCode === 200 || (offset > 0 && continued)) return answer
  answer.destroy()
  if (statusCode === 404 || statusCode === 410) return `its address answers ${statusCode}`
  throw failed(url, `the answer to a request for ${size} bytes from ${offset} on was ${statusCode}`)
}

/** Errors of a connection have no code of ours, and a try later may go on. */
function dropped(error: unknown, url: string): never {
  if (error instanceof BallastError) throw error
  throw failed(url, error instanceof Error ? error.message : 'the connection broke')
}
