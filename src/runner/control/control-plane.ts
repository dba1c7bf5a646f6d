import { createReadStream } from 'node:fs'
import {
  type CacheFindResponse,
  cacheFindResponseSchema,
  cacheLackingResponseSchema,
  errorBodySchema,
  type Finish,
  heartbeatResponseSchema,
  type LeaseRequest,
  type LfsFiles,
  leaseResponseSchema,
  lfsFilesSchema,
  logAppendResponseSchema,
  type Offer,
} from '../../api/index.ts'
import type { Digest } from '../../core/index.ts'
import { RunnerError } from '../errors.ts'
import { type Download, type HttpAnswer, HttpClient, type HttpRequest } from './http.ts'

/** The server answers a lease request after 25 s at the latest. */
const LEASE_IDLE_MS = 40_000

/** What a runner says to the control plane. */
export class ControlPlane {
  readonly #http: HttpClient
  readonly #token: string

  constructor(serverUrl: string, token: string) {
    this.#http = new HttpClient(serverUrl)
    this.#token = token
  }

  /** Waits up to 25 s for work. */
  async lease(request: LeaseRequest, signal: AbortSignal): Promise<readonly Offer[]> {
    const body = json(request)
    const path = '/api/v1/agents/runner/lease'
    const answer = await this.#http.send({
      method: 'POST',
      path,
      token: this.#token,
      body,
      contentType: 'application/json',
      signal,
      idleMs: LEASE_IDLE_MS,
    })
    return leaseResponseSchema.parse(JSON.parse(good(answer, path).toString())).offers
  }

  /** The routes that an offer's token reaches. */
  attempt({ attempt, token, fence }: Pick<Offer, 'attempt' | 'token' | 'fence'>): AttemptRoutes {
    return new AttemptRoutes(this.#http, `/api/v1/attempts/${encodeURIComponent(attempt)}`, token, fence)
  }

  close(): void {
    this.#http.close()
  }
}

/** One attempt's part of the wire. Every call may throw CONTROL_PLANE_UNREACHABLE, LEASE_LOST or CONTROL_PLANE_REFUSED. */
export class AttemptRoutes {
  readonly #http: HttpClient
  readonly #base: string
  readonly #token: string
  readonly #fence: number

  constructor(http: HttpClient, base: string, token: string, fence: number) {
    this.#http = http
    this.#base = base
    this.#token = token
    this.#fence = fence
  }

  async heartbeat(
    beat: { readonly started: boolean; readonly sandboxed: boolean },
    signal: AbortSignal,
  ): Promise<{ cancel: boolean }> {
    const body = await this.#post('/heartbeat', { fence: this.#fence, ...beat }, signal)
    return heartbeatResponseSchema.parse(JSON.parse(body.toString()))
  }

  /** Adds bytes that belong at `offset`; gives the length the log has there now. No bytes: only asks. */
  async appendLog(offset: number, bytes: Uint8Array, signal: AbortSignal): Promise<number> {
    const path = `${this.#base}/log?fence=${this.#fence}&offset=${offset}`
    const answer = await this.#http.send({ method: 'POST', path, token: this.#token, body: bytes, signal })
    const length = answer.status === 409 ? lengthAfterGap(answer) : undefined
    if (length !== undefined) return length
    return logAppendResponseSchema.parse(JSON.parse(good(answer, path).toString())).length
  }

  async finish(finish: Omit<Finish, 'fence'>, signal: AbortSignal): Promise<void> {
    await this.#post('/finish', { fence: this.#fence, ...finish }, signal)
  }

  /** A tar of the commit's tree; with its history to a depth (0: all) in `.git`. */
  source(signal: AbortSignal, depth?: number): Promise<Download> {
    return this.#download(depth === undefined ? '/source' : `/source?git=${depth}`, signal)
  }

  /** A tar of a submodule's tree. */
  submodule(path: string, signal: AbortSignal): Promise<Download> {
    return this.#download(`/source?submodule=${encodeURIComponent(path)}`, signal)
  }

  /** Which of the commit's files Git LFS keeps. */
  async lfsFiles(signal: AbortSignal): Promise<LfsFiles> {
    const path = `${this.#base}/lfs`
    const answer = await this.#http.send({ method: 'GET', path, token: this.#token, signal })
    return lfsFilesSchema.parse(JSON.parse(good(answer, path).toString()))
  }

  blob(digest: Digest, signal: AbortSignal): Promise<Download> {
    return this.#download(`/blobs/${digest}`, signal)
  }

  /** Puts a file's bytes under their digest; the server verifies it. */
  putBlob(digest: Digest, size: number, file: string, signal: AbortSignal): Promise<void> {
    return this.#put(`/blobs/${digest}`, size, file, signal)
  }

  async #put(way: string, size: number, file: string, signal: AbortSignal): Promise<void> {
    const path = this.#base + way
    const body =
      size === 0
        ? new Uint8Array(0)
        : { size, open: () => createReadStream(file, { start: 0, end: size - 1, highWaterMark: 1 << 18 }) }
    good(await this.#http.send({ method: 'PUT', path, token: this.#token, body, signal }), path)
  }

  /** The first of these keys under which the project has a cache, and its manifest's content. */
  async findCache(keys: readonly string[], signal: AbortSignal): Promise<CacheFindResponse['found']> {
    const body = await this.#post('/caches/find', { keys }, signal)
    return cacheFindResponseSchema.parse(JSON.parse(body.toString())).found
  }

  /** Which of these contents the project's cache has not. */
  async lackingInCache(contents: readonly Digest[], signal: AbortSignal): Promise<readonly Digest[]> {
    const body = await this.#post('/caches/lacking', { contents }, signal)
    return cacheLackingResponseSchema.parse(JSON.parse(body.toString())).lacking as Digest[]
  }

  /** Puts a manifest, whose contents are all there, under a key. */
  async saveCache(
    key: string,
    manifest: { readonly digest: Digest; readonly size: number },
    signal: AbortSignal,
  ): Promise<void> {
    await this.#post('/caches/save', { key, manifest }, signal)
  }

  cacheBlob(digest: Digest, signal: AbortSignal): Promise<Download> {
    return this.#download(`/caches/blobs/${digest}`, signal)
  }

  putCacheBlob(digest: Digest, size: number, file: string, signal: AbortSignal): Promise<void> {
    return this.#put(`/caches/blobs/${digest}`, size, file, signal)
  }

  async #post(way: string, value: object, signal: AbortSignal): Promise<Buffer> {
    const path = this.#base + way
    const request: HttpRequest = { method: 'POST', path, token: this.#token, body: json(value), signal }
    return good(await this.#http.send({ ...request, contentType: 'application/json' }), path)
  }

  async #download(way: string, signal: AbortSignal): Promise<Download> {
    const path = this.#base + way
    const { status, body } = await this.#http.download({ method: 'GET', path, token: this.#token, signal })
    if (status === 200) return body
    const chunks: Buffer[] = []
    for await (const chunk of body) {
      if (chunks.length < 16) chunks.push(chunk)
    }
    good({ status, body: Buffer.concat(chunks) }, path)
    throw refused(path, status, 'expected 200')
  }
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value))
}

/** The body of a 2xx answer; throws what any other answer means. */
function good(answer: HttpAnswer, path: string): Buffer {
  const { status, body } = answer
  if (status >= 200 && status < 300) return body
  const error = errorOf(answer)
  const said = error ? `${error.code}: ${error.message}` : `status ${status}`
  // An answer that is not in our words comes from something in front of a control plane that is away.
  if (status >= 500 || status === 429 || status === 408 || !error) {
    throw new RunnerError('CONTROL_PLANE_UNREACHABLE', {
      message: `${path.replace(/\?.*/, '')} answered ${status} (${said})`,
      hint: 'The runner keeps trying.',
    })
  }
  // A missing blob, source or cache is no word about the attempt.
  const ours = path.startsWith('/api/v1/attempts/') && !/\/blobs\/|\/caches\/|\/source(\?|$)/.test(path)
  if (error.code === 'LEASE_LOST' || (ours && [401, 404, 409, 410].includes(status))) {
    throw new RunnerError('LEASE_LOST', {
      message: `The attempt is no longer ours (${said})`,
      hint: 'Nothing is to be done: its process is ended and its result dropped.',
    })
  }
  throw refused(path, status, said)
}

function refused(path: string, status: number, said: string): RunnerError {
  const route = path.replace(/\?.*/, '')
  return new RunnerError('CONTROL_PLANE_REFUSED', {
    message: `${route} answered ${status} (${said})`,
    hint:
      status === 401 || status === 403
        ? "Check the runner's token: `ballast token create --scope agent:runner`."
        : 'Runner and control plane may be of different releases; upgrade the older one.',
    details: { status, route },
  })
}

function errorOf({ body }: HttpAnswer): { code: string; message: string; details?: unknown } | undefined {
  try {
    return errorBodySchema.parse(JSON.parse(body.toString())).error
  } catch {
    return undefined
  }
}

/** LOG_GAP tells in its details how long the log is there. */
function lengthAfterGap(answer: HttpAnswer): number | undefined {
  const error = errorOf(answer)
  const parsed = logAppendResponseSchema.safeParse(error?.details)
  return error?.code === 'LOG_GAP' && parsed.success ? parsed.data.length : undefined
}
