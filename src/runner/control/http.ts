import { Agent, type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http'
import { Agent as TlsAgent, request as tlsRequest } from 'node:https'
import type { Readable } from 'node:stream'
import { messageOf } from '../../core/index.ts'
import { RunnerError } from '../errors.ts'

/** An answer that is read whole: offers, states, errors. 64 offers with their environments fit many times. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT'
  /** With its query, from the server's root. */
  readonly path: string
  readonly token: string
  readonly body?: Uint8Array | { readonly size: number; readonly open: () => Readable }
  readonly contentType?: string
  readonly signal?: AbortSignal
  /** Longest silence on the connection. */
  readonly idleMs?: number
}

export interface HttpAnswer {
  readonly status: number
  readonly body: Buffer
}

/** A body on its way. It must be read to its end or destroyed. */
export interface Download extends AsyncIterable<Buffer> {
  destroy(): void
}

/** Requests to one server over kept connections. Failing to get an answer is CONTROL_PLANE_UNREACHABLE. */
export class HttpClient {
  readonly #base: URL
  readonly #agent: Agent

  constructor(serverUrl: string) {
    this.#base = new URL(serverUrl)
    const options = { keepAlive: true, maxSockets: 64 }
    this.#agent = this.#base.protocol === 'https:' ? new TlsAgent(options) : new Agent(options)
  }

  /** The whole answer. */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    const message = await this.open(request)
    try {
      const chunks: Buffer[] = []
      let size = 0
      for await (const chunk of message as AsyncIterable<Buffer>) {
        size += chunk.length
        if (size > MAX_ANSWER_BYTES) throw new Error(`its answer exceeds ${MAX_ANSWER_BYTES} bytes`)
        chunks.push(chunk)
      }
      return { status: message.statusCode ?? 0, body: Buffer.concat(chunks) }
    } catch (cause) {
      message.destroy()
      throw this.#unreachable(request, cause)
    }
  }

  /** The answer with its body still to be read: it must be consumed or destroyed. */
  open(request: HttpRequest): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const outgoing = this.#begin(request)
      outgoing.once('response', resolve)
      outgoing.on('error', cause => reject(this.#unreachable(request, cause)))
      outgoing.setTimeout(request.idleMs ?? 30_000, () =>
        outgoing.destroy(new Error('it fell silent in the middle of a request')),
      )
      const { body } = request
      if (body === undefined || body instanceof Uint8Array) {
        outgoing.end(body)
        return
      }
      const stream = body.open()
      stream.once('error', cause => outgoing.destroy(cause))
      outgoing.once('close', () => stream.destroy())
      stream.pipe(outgoing)
    })
  }

  /** The answer's body, whose reading throws CONTROL_PLANE_UNREACHABLE when the connection breaks. */
  async download(request: HttpRequest): Promise<{ status: number; body: Download }> {
    const message = await this.open(request)
    const broken = (cause: unknown): RunnerError => this.#unreachable(request, cause)
    const body = {
      destroy: () => void message.destroy(),
      async *[Symbol.asyncIterator]() {
        try {
          for await (const chunk of message as AsyncIterable<Buffer>) yield chunk
        } catch (cause) {
          throw broken(cause)
        }
      },
    }
    return { status: message.statusCode ?? 0, body }
  }

  /** Closes the kept connections. */
  close(): void {
    this.#agent.destroy()
  }

  #begin({ method, path, token, body, contentType, signal }: HttpRequest): ClientRequest {
    const begin = this.#base.protocol === 'https:' ? tlsRequest : plainRequest
    const size = body instanceof Uint8Array ? body.length : body?.size
    return begin(new URL(path, this.#base), {
      method,
      agent: this.#agent,
      ...(signal && { signal }),
      headers: {
        authorization: `Bearer ${token}`,
        ...(size !== undefined && {
          'content-length': size,
          'content-type': contentType ?? 'application/octet-stream',
        }),
      },
    })
  }

  #unreachable({ method, path }: HttpRequest, cause: unknown): RunnerError {
    return new RunnerError('CONTROL_PLANE_UNREACHABLE', {
      message: `${method} ${this.#base.origin}${path.replace(/\?.*/, '')}: ${messageOf(cause)}`,
      hint: 'Check that the control plane runs and can be reached; the runner keeps trying.',
      cause,
    })
  }
}
