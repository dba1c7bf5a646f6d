import { messageOf } from '../../core/index.ts'
import { InferenceError } from '../errors.ts'

/** A wanted set carries reference outputs: some megabytes. More can only be a mistake. */
export const MAX_EVENT_BYTES: number = 64 * 2 ** 20

export interface ServerEvent {
  /** `message` where the stream names none. */
  readonly name: string
  readonly data: string
}

/**
 * Cuts text/event-stream into events, as the HTML standard says ("Server-sent events", interpretation):
 * comments are told as events without a name, since a ping is a sign of life. Throws when one grows too large.
 */
export class EventParser {
  readonly #decoder = new TextDecoder()
  #rest = ''
  #name = ''
  #data: string[] = []
  #size = 0

  push(chunk: Uint8Array, onEvent: (event: ServerEvent) => void): void {
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r(?!$)/)
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#line(line, onEvent)
    if (this.#size + this.#rest.length > MAX_EVENT_BYTES) {
      throw new InferenceError('CONTROL_PLANE_UNAVAILABLE', {
        message: `An event of the control plane is over ${MAX_EVENT_BYTES} bytes`,
        hint: 'The stream is opened anew; check that --server is a Ballast server.',
      })
    }
  }

  #line(line: string, onEvent: (event: ServerEvent) => void): void {
    if (line === '') {
      if (this.#data.length > 0) onEvent({ name: this.#name || 'message', data: this.#data.join('\n') })
      this.#name = ''
      this.#data = []
      this.#size = 0
      return
    }
    const colon = line.indexOf(':')
    if (colon === 0) return
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (field === 'event') this.#name = value
    else if (field === 'data') {
      this.#data.push(value)
      this.#size += value.length
    }
  }
}

export interface StreamOptions {
  readonly url: string
  readonly token: string
  readonly headers?: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  /** Silence after which the connection counts as dead; the control plane speaks every 2 s. */
  readonly silenceMs: number
  readonly onEvent: (event: ServerEvent) => void
  /** Any bytes, a ping too. */
  readonly onAlive?: () => void
  readonly onProblem: (reason: string) => void
}

const FIRST_RETRY_MS = 100
const LAST_RETRY_MS = 5000

/** Reads the stream until `signal`, opening it again and again with a growing, shuffled pause. */
export async function followEvents(options: StreamOptions): Promise<void> {
  let pause = FIRST_RETRY_MS
  while (!options.signal.aborted) {
    try {
      await readOnce(options, () => {
        pause = FIRST_RETRY_MS
      })
      options.onProblem('the control plane ended the stream')
    } catch (error) {
      if (options.signal.aborted) return
      options.onProblem(reasonOf(error))
    }
    await sleep(pause * (0.5 + Math.random()), options.signal)
    pause = Math.min(pause * 2, LAST_RETRY_MS)
  }
}

async function readOnce(options: StreamOptions, onAlive: () => void): Promise<void> {
  const silence = new AbortController()
  let timer = setTimeout(() => silence.abort(), options.silenceMs)
  try {
    const response = await fetch(options.url, {
      headers: {
        ...options.headers,
        authorization: `Bearer ${options.token}`,
        accept: 'text/event-stream',
      },
      signal: AbortSignal.any([options.signal, silence.signal]),
    })
    if (!response.ok || response.body === null) {
      await response.body?.cancel()
      throw new InferenceError('CONTROL_PLANE_UNAVAILABLE', {
        message: `The control plane answered ${response.status} for ${options.url}`,
        hint: 'Check the address and the token of this agent.',
      })
    }
    const parser = new EventParser()
    for await (const chunk of response.body) {
      clearTimeout(timer)
      timer = setTimeout(() => silence.abort(), options.silenceMs)
      onAlive()
      options.onAlive?.()
      parser.push(chunk, options.onEvent)
    }
  } finally {
    clearTimeout(timer)
  }
}

/** fetch hides the reason one level down. */
function reasonOf(error: unknown): string {
  return error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error)
}

/** Ends early, without an error, when the signal aborts. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
    if (signal.aborted) done()
  })
}
