import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import type { Digest } from '../../../core/index.ts'
import type { LfsPointer } from '../../../git/index.ts'
import { type Asking, ask, failed } from './request.ts'

const LFS_TYPE = 'application/vnd.git-lfs+json'
/** A hundred objects with signed addresses of some kilobytes each. */
const MAX_ANSWER_BYTES = 2 << 20
export const MAX_BATCH = 100

const action = z.object({ href: z.string().max(16_384), header: z.record(z.string(), z.string()).optional() })
const answerSchema = z.object({
  transfer: z.string().optional(),
  objects: z
    .array(
      z.object({
        oid: z.string(),
        size: z.number().optional(),
        actions: z.object({ download: action.optional() }).optional(),
        error: z.object({ code: z.number(), message: z.string() }).optional(),
      }),
    )
    .max(MAX_BATCH),
})

/** Where an object is to be had, or why it is not. */
export type Offer =
  | { readonly kind: 'there'; readonly url: string; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: 'missing'; readonly why: string }

export interface Origin {
  /** Of the repository, by http or https. */
  readonly url: string
  readonly authorization?: string
}

/** `https://host/team/digits.git/info/lfs`, whatever form the address of the repository has. */
export function endpointOf(url: string): string {
  const bare = url.replace(/\/+$/, '')
  return `${bare}${bare.endsWith('.git') ? '' : '.git'}/info/lfs`
}

/**
 * Where the origin has these objects, `MAX_BATCH` at most; undefined where it does not speak Git LFS. Throws
 * OUTBOUND_REFUSED, OUTBOUND_FAILED.
 * https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md
 */
export async function offersOf(
  origin: Origin,
  objects: readonly LfsPointer[],
  asking: Asking,
): Promise<ReadonlyMap<Digest, Offer> | undefined> {
  const url = `${endpointOf(origin.url)}/objects/batch`
  const body = JSON.stringify({
    operation: 'download',
    transfers: ['basic'],
    hash_algo: 'sha256',
    objects: objects.map(({ digest, size }) => ({ oid: digest.slice('sha256:'.length), size })),
  })
  const headers = {
    accept: LFS_TYPE,
    'content-type': LFS_TYPE,
    ...(origin.authorization && { authorization: origin.authorization }),
  }
  const answer = await ask({ method: 'POST', url, headers, body }, asking)
  const status = answer.statusCode ?? 0
  if (status === 404 || status === 410 || status === 501) {
    answer.resume()
    return undefined
  }
  const text = await textOf(answer, url)
  if (status !== 200) throw failed(url, `the answer was ${status}`)
  return offersIn(text, origin, url)
}

function offersIn(text: string, origin: Origin, url: string): ReadonlyMap<Digest, Offer> {
  const read = answerSchema.safeParse(jsonIn(text))
  if (!read.success) throw failed(url, 'the answer is none of Git LFS')
  const { transfer = 'basic', objects } = read.data
  if (transfer !== 'basic') throw failed(url, `it wants to send by '${transfer.slice(0, 40)}'`)
  return new Map(
    objects.map(({ oid, actions, error }): [Digest, Offer] => [
      `sha256:${oid}` as Digest,
      actions?.download
        ? { kind: 'there', url: actions.download.href, headers: headersOf(actions.download, origin) }
        : { kind: 'missing', why: error ? `${error.code} ${error.message}`.slice(0, 100) : 'not there' },
    ]),
  )
}

/** What the batch says; else, at the origin itself, the credentials that the batch was asked with. */
function headersOf(
  { href, header = {} }: z.infer<typeof action>,
  { url, authorization }: Origin,
): Readonly<Record<string, string>> {
  const named = Object.keys(header).some(name => name.toLowerCase() === 'authorization')
  const atHome = URL.canParse(href) && new URL(href).origin === new URL(url).origin
  return { ...header, ...(!named && atHome && authorization && { authorization }) }
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function textOf(answer: IncomingMessage, url: string): Promise<string> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of answer as AsyncIterable<Buffer>) {
    size += piece.length
    if (size > MAX_ANSWER_BYTES) throw failed(url, `the answer is larger than ${MAX_ANSWER_BYTES} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}
