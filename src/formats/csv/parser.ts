import { failing } from '../errors.ts'

/** A cell with a whole document is not a table's. */
export const MAX_CELL_LENGTH = 2 ** 20
/** Columns; a 512 × 512 image as pixels has 262,144. */
export const MAX_COLUMNS = 300_000

export interface CsvRow {
  /** Of the row's first character, from 1. */
  readonly line: number
  readonly cells: readonly string[]
}

const CELL_START = 0
const PLAIN = 1
const QUOTED = 2
const QUOTE_SEEN = 3

/**
 * RFC 4180, fed piece by piece: quotes double inside quotes, CRLF or LF (or a lone CR) ends a row, and may stand
 * inside quotes. Empty lines are no rows. Throws CSV_INVALID with the line.
 */
export class CsvParser {
  readonly #name: string
  readonly #delimiter: string
  #state = CELL_START
  #cell = ''
  #cells: string[] = []
  #line = 1
  #rowLine = 1
  #quoteLine = 1
  #afterReturn = false
  #quotedInRow = false

  constructor(name: string, delimiter: string) {
    this.#name = name
    this.#delimiter = delimiter
  }

  /** The rows that are complete after this piece. */
  push(text: string): CsvRow[] {
    const rows: CsvRow[] = []
    let from = 0
    for (let at = 0; at < text.length; at++) {
      const character = text[at]!
      if (character === '\n' && this.#afterReturn) {
        // The second half of CRLF: already counted.
        this.#afterReturn = false
        if (this.#state === QUOTED) continue
        from = at + 1
        continue
      }
      this.#afterReturn = character === '\r'
      const newline = character === '\n' || character === '\r'
      if (newline) this.#line++
      if (this.#state === QUOTED) {
        if (character !== '"') continue
        this.#take(text, from, at)
        this.#state = QUOTE_SEEN
        from = at + 1
      } else if (character === '"') {
        from = this.#quote(at)
      } else if (newline || character === this.#delimiter) {
        if (this.#state !== QUOTE_SEEN) this.#take(text, from, at)
        from = at + 1
        this.#endCell()
        if (newline) this.#endRow(rows)
      } else if (this.#state === QUOTE_SEEN) {
        throw this.#fault(`found '${character}' behind a closing quote`)
      } else this.#state = PLAIN
    }
    if (from < text.length) this.#take(text, from, text.length)
    return rows
  }

  /** The last row, where the file does not end with a line's end. */
  end(): CsvRow[] {
    if (this.#state === QUOTED)
      throw this.#fault(`the quote opened in line ${this.#quoteLine} is never closed`)
    const rows: CsvRow[] = []
    if (this.#state !== CELL_START || this.#cells.length > 0) {
      this.#endCell()
      this.#endRow(rows)
    }
    return rows
  }

  /** A quote that opens a cell, or the second of a double one. Gives where the text goes on. */
  #quote(at: number): number {
    if (this.#state === PLAIN) throw this.#fault('found a quote within a cell that does not begin with one')
    if (this.#state === QUOTE_SEEN) this.#cell += '"'
    else this.#quoteLine = this.#line
    this.#state = QUOTED
    return at + 1
  }

  #take(text: string, from: number, to: number): void {
    this.#cell += text.slice(from, to)
    if (this.#cell.length > MAX_CELL_LENGTH)
      throw this.#fault(`a cell has more than ${MAX_CELL_LENGTH} characters`)
  }

  #endCell(): void {
    this.#cells.push(this.#cell)
    if (this.#cells.length > MAX_COLUMNS) throw this.#fault(`a row has more than ${MAX_COLUMNS} cells`)
    this.#cell = ''
    // An empty quoted cell makes a row of its own: remember that something was written.
    if (this.#state === QUOTE_SEEN) this.#quotedInRow = true
    this.#state = CELL_START
  }

  #endRow(rows: CsvRow[]): void {
    const empty = this.#cells.length === 1 && this.#cells[0] === '' && !this.#quotedInRow
    if (!empty) rows.push({ line: this.#rowLine, cells: this.#cells })
    this.#quotedInRow = false
    this.#cells = []
    this.#rowLine = this.#line
  }

  #fault(what: string): Error {
    return failing(
      'CSV_INVALID',
      'Write it as RFC 4180 says: quote cells that hold commas, quotes or line ends, and double the quotes inside.',
    )(`${this.#name}:${this.#line}: ${what}`, { details: { line: this.#line } })
  }
}
