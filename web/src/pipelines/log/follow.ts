import { z } from 'zod'
import type { LogSection } from '../../../../src/api/log-sections.ts'
import { send } from '../../api/http.ts'
import { bytesOfBase64, LogDecoder, type LogLine } from './decoder.ts'

export type LogState = 'live' | 'ended' | 'broken'

export interface LogShown {
  readonly lines: readonly LogLine[]
  /** How many lines before them are no longer held. */
  readonly dropped: number
  /** Lines counted from the first, dropped ones too. */
  readonly sections: readonly LogSection[]
  readonly state: LogState
}

/** Some 10 MB of text; a page that holds more gets slow, and the whole log can be downloaded. */
const MAX_LINES = 100_000
/** Lines come in bursts; the page is drawn at most this often. */
const EVERY_MS = 80

const chunkSchema = z.object({ base64: z.string() })

/**
 * Follows a log from `offset`, telling all its lines each time: what is written is read at once, then the stream goes
 * on behind it. The stream's ids are byte offsets, so a browser that was cut off resumes without a hole. Returns what
 * ends it.
 */
export function followLog(attempt: string, offset: number, tell: (log: LogShown) => void): () => void {
  const path = `/api/v1/attempts/${encodeURIComponent(attempt)}/log`
  const held = new HeldLines(offset, tell)
  const ending = new AbortController()
  const follow = () => {
    if (ending.signal.aborted) return
    const source = new EventSource(`${path}/stream?offset=${held.end}`)
    ending.signal.addEventListener('abort', () => source.close())
    source.onopen = () => held.become('live')
    source.onerror = () => held.become('broken')
    source.addEventListener('log', event => {
      held.take(bytesOfBase64(chunkSchema.parse(JSON.parse(event.data)).base64))
    })
    source.addEventListener('end', () => {
      source.close()
      held.become('ended')
    })
  }
  // Where that breaks off, the stream goes on, and says what is wrong.
  void readWritten(`${path}?offset=${offset}`, held, ending.signal).then(follow, follow)
  return () => {
    ending.abort()
    held.close()
  }
}

async function readWritten(path: string, held: HeldLines, signal: AbortSignal): Promise<void> {
  const { body } = await send(path, { signal })
  const reader = body?.getReader()
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) held.take(read.value)
}

/** The latest lines of what has come. */
class HeldLines {
  /** Offset behind the last byte that has come. */
  end: number
  readonly #decoder: LogDecoder
  readonly #tell: (log: LogShown) => void
  #lines: LogLine[] = []
  #dropped = 0
  #state: LogState = 'live'
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(offset: number, tell: (log: LogShown) => void) {
    this.end = offset
    this.#decoder = new LogDecoder(offset)
    this.#tell = tell
  }

  take(bytes: Uint8Array): void {
    this.end += bytes.length
    for (const line of this.#decoder.push(bytes)) this.#lines.push(line)
    if (this.#lines.length > MAX_LINES) {
      this.#dropped += this.#lines.length - MAX_LINES
      this.#lines = this.#lines.slice(-MAX_LINES)
      this.#decoder.drop(this.#dropped)
    }
    this.#soon()
  }

  become(state: LogState): void {
    this.#state = state
    this.#soon()
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      const pending = this.#decoder.pending()
      this.#tell({
        lines: pending ? [...this.#lines, pending] : [...this.#lines],
        dropped: this.#dropped,
        sections: this.#decoder.sections,
        state: this.#state,
      })
    }, EVERY_MS)
  }
}
