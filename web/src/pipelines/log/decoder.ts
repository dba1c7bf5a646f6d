import { type AnsiStyle, type Piece, PLAIN, styleLine } from './ansi.ts'

export type LogLine = readonly Piece[]

/** A line without an end, such as a progress bar's, is cut here so that memory stays bounded. */
const MAX_LINE_CHARACTERS = 64 * 1024

/**
 * Bytes of a log, in whatever pieces they come, to lines with their styles. A character cut in two by a piece's
 * end is held back until the rest comes; a style lasts over lines; `\r` writes over its line, as terminals do.
 */
export class LogDecoder {
  readonly #text = new TextDecoder()
  #open = ''
  #style: AnsiStyle = PLAIN

  /** The lines that these bytes ended. */
  push(bytes: Uint8Array): LogLine[] {
    return this.#take(this.#text.decode(bytes, { stream: true }))
  }

  /** The line that has not ended yet, as it would look now; undefined when there is none. */
  pending(): LogLine | undefined {
    return this.#open === '' ? undefined : styleLine(written(this.#open), this.#style).pieces
  }

  #take(text: string): LogLine[] {
    const lines = (this.#open + text).split('\n')
    this.#open = lines.pop()!
    const done = lines.map(line => this.#end(line))
    while (this.#open.length > MAX_LINE_CHARACTERS) {
      done.push(this.#end(this.#open.slice(0, MAX_LINE_CHARACTERS)))
      this.#open = this.#open.slice(MAX_LINE_CHARACTERS)
    }
    return done
  }

  #end(line: string): LogLine {
    const { pieces, style } = styleLine(written(line), this.#style)
    this.#style = style
    return pieces
  }
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
