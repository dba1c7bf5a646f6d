import { z } from 'zod'
import type { LogSection } from '../../../../src/api/log-sections.ts'
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
 * Follows a log from `offset`, telling all its lines each time. The stream's ids are byte offsets, so a browser
 * that was cut off resumes without a hole. Returns what ends it.
 */
export function followLog(attempt: string, offset: number, tell: (log: LogShown) => void): () => void {
  const decoder = new LogDecoder(offset)
  const source = new EventSource(
    `/api/v1/attempts/${encodeURIComponent(attempt)}/log/stream?offset=${offset}`,
  )
  let lines: LogLine[] = []
  let dropped = 0
  let state: LogState = 'live'
  let timer: ReturnType<typeof setTimeout> | undefined
  const show = () => {
    timer = undefined
    const pending = decoder.pending()
    tell({ lines: pending ? [...lines, pending] : [...lines], dropped, sections: decoder.sections, state })
  }
  const soon = () => {
    timer ??= setTimeout(show, EVERY_MS)
  }
  const become = (next: LogState) => {
    state = next
    soon()
  }
  source.onopen = () => become('live')
  source.onerror = () => become('broken')
  source.addEventListener('log', event => {
    const added = decoder.push(bytesOfBase64(chunkSchema.parse(JSON.parse(event.data)).base64))
    for (const line of added) lines.push(line)
    if (lines.length > MAX_LINES) {
      dropped += lines.length - MAX_LINES
      lines = lines.slice(-MAX_LINES)
      decoder.drop(dropped)
    }
    soon()
  })
  source.addEventListener('end', () => {
    source.close()
    become('ended')
  })
  return () => {
    clearTimeout(timer)
    source.close()
  }
}
