import type { z } from 'zod'
import { messageOf } from '../core/index.ts'
import { ApiError } from './errors.ts'
import { type WorkLine, workLineSchema } from './registry.ts'
import { errorBodySchema } from './views.ts'

export interface ApiClientOptions {
  /** Such as `http://127.0.0.1:7420`. */
  readonly url: string
  readonly token: string
}

/** What fetch takes, and the types of browsers do not say: a body that comes bit by bit. */
interface StreamingInit {
  readonly method: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | AsyncIterable<Uint8Array>
  readonly duplex?: 'half'
  readonly redirect?: 'error'
  readonly window?: null
  readonly signal?: AbortSignal
}

/** Calls `/api/v1` with a token. Answers are checked against their schemas; refusals become ApiErrors. */
export class ApiClient {
  readonly url: string
  readonly #token: string

  constructor({ url, token }: ApiClientOptions) {
    this.url = url.replace(/\/+$/, '')
    this.#token = token
  }

  async get<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.infer<Schema>> {
    return this.#checked(path, schema, await this.#call('GET', path))
  }

  async send<Schema extends z.ZodType>(
    method: 'POST' | 'PUT' | 'DELETE',
    path: string,
    body: unknown,
    schema: Schema,
  ): Promise<z.infer<Schema>> {
    return this.#checked(path, schema, await this.#call(method, path, body))
  }

  /** For answers without a body. */
  async tell(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<void> {
    await this.#call(method, path, body)
  }

  /**
   * A long work: its answer comes in lines of JSON while it goes on, the report last. Empty ones say that it lives.
   * Throws what the server says went wrong, and ANSWER_INVALID where the lines end too early.
   */
  async *work(path: string, body: unknown): AsyncGenerator<Exclude<WorkLine, { kind: 'error' }>> {
    const response = await this.#call('POST', path, body)
    let rest = ''
    const decoder = new TextDecoder()
    for await (const bytes of response.body ?? []) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      for (const text of lines.filter(text => text !== '')) {
        const line = workLineSchema.parse(JSON.parse(text))
        if (line.kind === 'error') throw new ApiError(line.error.code, line.error)
        yield line
        if (line.kind === 'report') return
      }
    }
    throw new ApiError('ANSWER_INVALID', {
      message: `${this.url}/api/v1${path} ended its answer before it was done`,
      hint: 'The server goes on with it, unless it was stopped: ask again, and look at its log.',
    })
  }

  /** The raw answer, for streams; from its byte `from` on. Throws as the others do when it is not 2xx. */
  async stream(path: string, signal?: AbortSignal, from = 0): Promise<Response> {
    return this.#fetch(path, {
      method: 'GET',
      ...(from > 0 && { headers: { range: `bytes=${from}-` } }),
      ...(signal && { signal }),
    })
  }

  /** POST of bytes of any number, as they come. */
  async upload<Schema extends z.ZodType>(
    path: string,
    body: AsyncIterable<Uint8Array>,
    schema: Schema,
  ): Promise<z.infer<Schema>> {
    const headers = { 'content-type': 'application/octet-stream' }
    // fetch keeps a copy of a body that it may have to send again to another place: of a model, all of it.
    const once = { redirect: 'error', window: null, duplex: 'half' } as const
    const response = await this.#fetch(path, { method: 'POST', headers, body, ...once })
    return this.#checked(path, schema, response)
  }

  async #call(method: string, path: string, body?: unknown): Promise<Response> {
    if (body === undefined) return this.#fetch(path, { method })
    const headers = { 'content-type': 'application/json' }
    return this.#fetch(path, { method, headers, body: JSON.stringify(body) })
  }

  async #fetch(path: string, init: StreamingInit): Promise<Response> {
    const { signal } = init
    let response: Response
    try {
      response = await fetch(`${this.url}/api/v1${path}`, {
        ...init,
        headers: { authorization: `Bearer ${this.#token}`, ...init.headers },
      } as RequestInit)
    } catch (cause) {
      if (signal?.aborted) throw cause
      throw unreachable(this.url, cause)
    }
    if (!response.ok) throw await refusal(response, this.url)
    return response
  }

  async #checked<Schema extends z.ZodType>(
    path: string,
    schema: Schema,
    response: Response,
  ): Promise<z.infer<Schema>> {
    const parsed = schema.safeParse(await response.json().catch(() => undefined))
    if (parsed.success) return parsed.data
    throw new ApiError('ANSWER_INVALID', {
      message: `${this.url}/api/v1${path} answered something else than expected: ${parsed.error.issues[0]?.message}`,
      hint: 'Is that a Ballast server of the same version?',
      cause: parsed.error,
    })
  }
}

function unreachable(url: string, cause: unknown): ApiError {
  const reason = cause instanceof Error && cause.cause ? messageOf(cause.cause) : messageOf(cause)
  return new ApiError('SERVER_UNREACHABLE', {
    message: `No answer from ${url}: ${reason}`,
    hint: 'Start it with `ballast up`, or name the right server with `ballast login URL` or BALLAST_URL.',
    cause,
  })
}

async function refusal(response: Response, url: string): Promise<ApiError> {
  const body = errorBodySchema.safeParse(await response.json().catch(() => undefined))
  if (body.success) {
    const { code, message, hint, details } = body.data.error
    return new ApiError(code, { message, ...(hint && { hint }), ...(details && { details }) })
  }
  return new ApiError('ANSWER_INVALID', {
    message: `${url} answered ${response.status} ${response.statusText}`,
    hint: 'Is that a Ballast server?',
  })
}
