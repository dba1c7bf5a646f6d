import { LogOutline, type LogSection, logPieces } from '../../../../src/api/log-sections.ts'
import { type AnsiStyle, type Piece, PLAIN, styleLine } from './ansi.ts'

export interface LogLine {
  readonly pieces: readonly Piece[]
  /** Offset in the log of its first byte. */
  readonly at: number
}

/** A line without an end, such as a progress bar's, is cut here so that memory stays bounded. */
const MAX_LINE_CHARACTERS = 64 * 1024
/** As long as a section's marker gets. */
const MAX_MARKER_CHARACTERS = 400
/** What is at the end of a line that goes on, and may become a marker. */
const MARKER_BEGUN = /section_(?:[a-z]{0,5}|(?:start|end):[\w.:[\]=,-]{0,380}(?:\r(?:\x1b(?:\[0?)?)?)?)$/

/**
 * Bytes of a log, in whatever pieces they come, to lines with their styles, without the markers of its sections.
 * A character cut in two by a piece's end is held back until the rest comes; a style lasts over lines; `\r` writes
 * over its line, as terminals do. What begins behind the log's beginning begins with the next line.
 */
export class LogDecoder {
  readonly #text = new TextDecoder()
  readonly #outline = new LogOutline()
  #open = ''
  /** Where the open line begins, and how many bytes have come. */
  #openAt: number
  #bytes: number
  #seekingLine: boolean
  #style: AnsiStyle = PLAIN

  constructor(offset = 0) {
    this.#openAt = offset
    this.#bytes = offset
    this.#seekingLine = offset > 0
  }

  /** Of the lines given so far, counted from the first. */
  get sections(): readonly LogSection[] {
    return this.#outline.sections
  }

  /** Lines before this one are no longer held. */
  drop(before: number): void {
    this.#outline.drop(before)
  }

  /** The lines that these bytes ended. */
  push(bytes: Uint8Array): LogLine[] {
    const start = this.#bytes
    this.#bytes += bytes.length
    if (!this.#seekingLine) return this.#take(bytes, start)
    const end = bytes.indexOf(NEWLINE)
    if (end < 0) return []
    this.#seekingLine = false
    this.#openAt = start + end + 1
    return this.#take(bytes.subarray(end + 1), this.#openAt)
  }

  /** The line that has not ended yet, as it would look now; undefined when there is none. */
  pending(): LogLine | undefined {
    if (this.#open === '') return undefined
    const shown = withoutMarkers(this.#open)
    if (shown === '') return undefined
    return { pieces: styleLine(written(shown), this.#style).pieces, at: this.#openAt }
  }

  #take(bytes: Uint8Array, start: number): LogLine[] {
    const done: LogLine[] = []
    const lines = (this.#open + this.#text.decode(bytes, { stream: true })).split('\n')
    this.#open = lines.pop()!
    let from = 0
    for (const line of lines) {
      this.#end(line, done)
      from = bytes.indexOf(NEWLINE, from) + 1
      this.#openAt = start + from
    }
    while (this.#open.length > MAX_LINE_CHARACTERS) {
      const cut = beforeMarker(this.#open)
      this.#end(this.#open.slice(0, cut), done)
      this.#open = this.#open.slice(cut)
    }
    return done
  }

  #end(line: string, done: LogLine[]): void {
    const shown = this.#outline.line(line)
    if (shown === undefined) return
    const { pieces, style } = styleLine(written(shown), this.#style)
    this.#style = style
    done.push({ pieces, at: this.#openAt })
  }
}

const NEWLINE = 0x0a

/** Where a line that is too long is cut: not through a marker. */
function beforeMarker(line: string): number {
  const marker = line.lastIndexOf('section_', MAX_LINE_CHARACTERS)
  return marker > MAX_LINE_CHARACTERS - MAX_MARKER_CHARACTERS ? marker : MAX_LINE_CHARACTERS
}

/** Of a line that goes on: also without a marker that has only begun. */
function withoutMarkers(line: string): string {
  const shown = logPieces(line)
    .map(piece => (piece.kind === 'text' ? piece.text : ''))
    .join('')
  const begun = MARKER_BEGUN.exec(shown.slice(-MAX_MARKER_CHARACTERS))
  return begun ? shown.slice(0, shown.length - begun[0].length) : shown
}

/** What stands on the line after its last return to the beginning. */
function written(line: string): string {
  const text = line.replace(/\r+$/, '')
  return text.slice(text.lastIndexOf('\r') + 1)
}

/** Bytes of a server's base64. */
export function bytesOfBase64(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), character => character.charCodeAt(0))
}
