import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { messageOf } from '../../../../core/index.ts'
import { type Scope, traceRequest } from './otlp.ts'
import type { OtlpSettings } from './settings.ts'
import type { Span } from './span.ts'

const compress = promisify(gzip)
/** OTLP's own list: whatever else is refused will be refused again. */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504])
const FIRST_PAUSE_MS = 1000
const LAST_PAUSE_MS = 30_000
/** A collector that was away this long gets the newer spans. */
const MAX_ATTEMPTS = 5
/** Of a collector's answer; it says what it did not take. */
const MAX_ANSWER_BYTES = 64 * 1024

export interface ExporterOptions {
  readonly settings: OtlpSettings
  readonly scope: Scope
  /** Once for each row of failures, and once when it works again (undefined). */
  readonly onProblem?: (reason: string | undefined) => void
  /** Uniform in [0, 1): spreads the attempts of many gateways. */
  readonly random?: () => number
}

type Sent =
  | { readonly kind: 'taken' | 'refused' }
  | { readonly kind: 'later'; readonly afterMs: number | undefined }

/**
 * Sends spans in batches to an OpenTelemetry collector: OTLP over HTTP, as JSON. One request is under way at a time;
 * a queue holds what comes meanwhile, and is bounded: the newest spans are dropped, and counted, when it is full.
 */
export class SpanExporter {
  readonly #options: ExporterOptions
  #queue: Span[] = []
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<void> | undefined
  #wake: (() => void) | undefined
  #closing = false
  #failing = false
  readonly #stop = new AbortController()
  /** Taken by the collector. */
  exported = 0
  /** Lost: the queue was full, or the collector did not take them. */
  dropped = 0

  constructor(options: ExporterOptions) {
    this.#options = options
  }

  add(spans: readonly Span[]): void {
    const { maxQueue, maxBatch, delayMs } = this.#options.settings
    if (this.#closing || this.#queue.length + spans.length > maxQueue) {
      this.dropped += spans.length
      return
    }
    this.#queue.push(...spans)
    if (this.#queue.length >= maxBatch) this.#flush()
    else this.#timer ??= setTimeout(() => this.#flush(), delayMs).unref()
  }

  /** Sends what is left, without pauses between attempts, for at most so long. */
  async close(limitMs: number): Promise<void> {
    this.#closing = true
    const limit = setTimeout(() => this.#stop.abort(), limitMs)
    this.#wake?.()
    while (this.#queue.length > 0 || this.#sending !== undefined) {
      this.#flush()
      await this.#sending
    }
    clearTimeout(limit)
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#sending !== undefined || this.#queue.length === 0) return
    this.#sending = this.#drain().finally(() => {
      this.#sending = undefined
      if (this.#queue.length > 0 && !this.#closing)
        this.#timer ??= setTimeout(() => this.#flush(), this.#options.settings.delayMs).unref()
    })
  }

  async #drain(): Promise<void> {
    const { maxBatch } = this.#options.settings
    do await this.#sendBatch(this.#queue.splice(0, maxBatch))
    while (this.#queue.length >= maxBatch || (this.#closing && this.#queue.length > 0))
  }

  async #sendBatch(spans: readonly Span[]): Promise<void> {
    const { settings, scope } = this.#options
    const json = Buffer.from(traceRequest(spans, settings.resource, scope))
    const body = settings.gzip ? await compress(json) : json
    for (let attempt = 1; ; attempt++) {
      const sent = await this.#send(body, spans.length)
      if (sent.kind !== 'later') return
      if (attempt >= MAX_ATTEMPTS || this.#closing) break
      await this.#pause(sent.afterMs ?? this.#backoff(attempt))
    }
    this.dropped += spans.length
  }

  async #send(body: Uint8Array<ArrayBuffer>, spans: number): Promise<Sent> {
    const { url, headers, timeoutMs, gzip: zipped } = this.#options.settings
    const encoding = zipped ? { 'content-encoding': 'gzip' } : {}
    let response: Response
    try {
      response = await fetch(url, {
        method: 'POST',
        headers: { ...headers, ...encoding, 'content-type': 'application/json' },
        body,
        redirect: 'error',
        signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), this.#stop.signal]),
      })
    } catch (error) {
      this.#problem(reasonOf(error))
      return { kind: 'later', afterMs: undefined }
    }
    const text = await boundedText(response)
    if (response.ok) {
      const rejected = Math.min(spans, rejectedSpans(text))
      this.exported += spans - rejected
      this.dropped += rejected
      this.#problem(rejected > 0 ? `it rejected ${rejected} of ${spans} spans` : undefined)
      return { kind: 'taken' }
    }
    this.#problem(`it answered ${response.status}`)
    if (RETRYABLE.has(response.status)) {
      return { kind: 'later', afterMs: retryAfter(response.headers.get('retry-after')) }
    }
    this.dropped += spans
    return { kind: 'refused' }
  }

  /** 1, 2, 4 … s, each between half and one and a half. */
  #backoff(attempt: number): number {
    const random = this.#options.random ?? Math.random
    return Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1)) * (0.5 + random())
  }

  #pause(ms: number): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, ms).unref()
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  #problem(reason: string | undefined): void {
    const failing = reason !== undefined
    if (failing !== this.#failing) this.#options.onProblem?.(reason)
    this.#failing = failing
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  return messageOf(cause)
}

/** Whole seconds; a date is left to the backoff. At most what the backoff waits. */
function retryAfter(text: string | null): number | undefined {
  return text !== null && /^\d{1,5}$/.test(text) ? Math.min(LAST_PAUSE_MS, Number(text) * 1000) : undefined
}

async function boundedText(response: Response): Promise<string> {
  let text = ''
  try {
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString('latin1')
      if (text.length > MAX_ANSWER_BYTES) break
    }
  } catch {
    // The status says enough.
  }
  return text
}

/** `{"partialSuccess":{"rejectedSpans":"3","errorMessage":"…"}}` */
function rejectedSpans(text: string): number {
  try {
    const answer = JSON.parse(text) as {
      readonly partialSuccess?: { readonly rejectedSpans?: unknown }
    } | null
    const count = Number(answer?.partialSuccess?.rejectedSpans ?? 0)
    return Number.isSafeInteger(count) && count > 0 ? count : 0
  } catch {
    return 0
  }
}
