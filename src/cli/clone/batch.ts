import { z } from 'zod'
import { BallastError, type Digest, hexOf, messageOf } from '../../core/index.ts'
import type { LfsPointer } from '../../git/index.ts'

const MEDIA_TYPE = 'application/vnd.git-lfs+json'
/** What servers expect of git-lfs. */
export const BATCH_OBJECTS = 100
const TIMEOUT_MS = 60_000
/** 100 objects with signed addresses of an object store take a tenth. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024

/** How one object is to be had. */
export interface Action {
  readonly href: string
  readonly header: Readonly<Record<string, string>>
}

const answerSchema = z.object({
  objects: z
    .array(
      z.object({
        oid: z.string(),
        size: z.number(),
        actions: z
          .object({
            download: z
              .object({ href: z.url(), header: z.record(z.string(), z.string()).optional() })
              .optional(),
          })
          .optional(),
        error: z.object({ code: z.number(), message: z.string() }).optional(),
      }),
    )
    .max(10_000),
})

export interface LfsServer {
  readonly url: URL
  authorization: string | undefined
  /** Asked once, when the server wants to know who asks. */
  readonly credentials: () => Promise<string | undefined>
}

/**
 * Asks an LFS server where objects are, `BATCH_OBJECTS` at a time at most. What it does not have is in `problems`.
 * https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md. Throws LFS_SERVER_FAILED.
 */
export async function askBatch(
  server: LfsServer,
  objects: readonly LfsPointer[],
): Promise<{
  readonly actions: ReadonlyMap<Digest, Action>
  readonly problems: ReadonlyMap<Digest, string>
}> {
  const answer = await post(server, {
    operation: 'download',
    transfers: ['basic'],
    objects: objects.map(({ digest, size }) => ({ oid: hexOf(digest), size })),
  })
  const actions = new Map<Digest, Action>()
  const problems = new Map<Digest, string>(
    objects.map(({ digest }) => [digest, 'the server said nothing of it']),
  )
  for (const { oid, actions: given, error } of answer.objects) {
    const digest = `sha256:${oid}` as Digest
    if (!problems.has(digest)) continue
    const action = given?.download
    if (error) problems.set(digest, error.message)
    else if (!action || !/^https?:/.test(action.href))
      problems.set(digest, 'the server has no address for it')
    else {
      problems.delete(digest)
      actions.set(digest, { href: action.href, header: headersFor(action, server) })
    }
  }
  return { actions, problems }
}

/** Where an address has no header of its own and is the server's, it wants what the server wants. */
function headersFor(
  {
    href,
    header = {},
  }: { readonly href: string; readonly header?: Readonly<Record<string, string>> | undefined },
  { url, authorization }: LfsServer,
): Readonly<Record<string, string>> {
  const hasOwn = Object.keys(header).some(name => name.toLowerCase() === 'authorization')
  if (hasOwn || !authorization || new URL(href).origin !== url.origin) return header
  return { ...header, authorization }
}

async function post(server: LfsServer, body: object): Promise<z.infer<typeof answerSchema>> {
  const url = `${server.url.href}/objects/batch`
  for (let asked = false; ; asked = true) {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        accept: MEDIA_TYPE,
        'content-type': MEDIA_TYPE,
        ...(server.authorization && { authorization: server.authorization }),
      },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch(cause => {
      throw failed(server, messageOf(cause), cause)
    })
    if (response.status === 401 && !asked) {
      await response.body?.cancel()
      server.authorization = await server.credentials()
      continue
    }
    const text = await textOf(response).catch(cause => {
      throw failed(server, messageOf(cause), cause)
    })
    if (response.status !== 200) throw failed(server, `it answered ${response.status}${messageIn(text)}`)
    const read = answerSchema.safeParse(jsonOf(text))
    if (!read.success) throw failed(server, 'its answer is none of the batch API')
    return read.data
  }
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > MAX_ANSWER_BYTES) throw new Error(`its answer exceeds ${MAX_ANSWER_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function messageIn(text: string): string {
  const { data } = z.object({ message: z.string() }).safeParse(jsonOf(text))
  return data ? `: ${data.message.slice(0, 300)}` : ''
}

function failed({ url }: LfsServer, reason: string, cause?: unknown): BallastError {
  return new BallastError('LFS_SERVER_FAILED', {
    message: `The LFS server ${url.origin}${url.pathname} could not be asked: ${reason}`,
    hint: 'Clone again with the same command: what came is kept, and only the rest is fetched.',
    cause,
  })
}
