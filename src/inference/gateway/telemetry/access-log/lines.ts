/** Takes whole lines, joined; rejects where they could not be written. */
export interface LineTarget {
  write(text: string): Promise<void>
  close(): Promise<void>
}

export interface LinesOptions {
  /** `lost`: lines since the last word; 0 when writing works again. */
  readonly onProblem?: (problem: unknown, lost: number) => void
  /** What a line says in the place of those that were lost. */
  readonly gap: (lost: number) => string
}

/** Written at once from here on; less waits for `FLUSH_MS`. */
const FLUSH_CHARACTERS = 256 * 1024
/** A log that is followed shows a request this much later; a process that is killed loses as much. */
const FLUSH_MS = 200
/** While a disk hangs. Some seconds of a busy gateway. */
const MAX_HELD_CHARACTERS = 8 * 1024 * 1024

/**
 * Lines on their way to a file: `add` only appends to a string, and one write takes all that has gathered. Where the
 * target is too slow, lines are lost, counted, and a line says so.
 */
export class Lines {
  readonly #target: LineTarget
  readonly #options: LinesOptions
  #text = ''
  #held = 0
  #lost = 0
  #unsaid = 0
  #writing: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(target: LineTarget, options: LinesOptions) {
    this.#target = target
    this.#options = options
  }

  /** Lines that were never written. */
  get lost(): number {
    return this.#lost
  }

  /** `line` without its line feed. */
  add(line: string): void {
    if (this.#text.length > MAX_HELD_CHARACTERS) {
      this.#lose(1)
      return
    }
    this.#text += line
    this.#text += '\n'
    this.#held++
    if (this.#text.length >= FLUSH_CHARACTERS) this.#flush()
    else this.#timer ??= setTimeout(this.#flush, FLUSH_MS).unref()
  }

  /** All that was added is written, or lost. */
  async close(): Promise<void> {
    while (this.#text !== '' || this.#writing !== undefined) {
      this.#flush()
      await this.#writing
    }
    await this.#target.close()
  }

  readonly #flush = (): void => {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#writing !== undefined || this.#text === '') return
    const [text, held] = [this.#text, this.#held]
    this.#text = ''
    this.#held = 0
    this.#writing = this.#write(text, held).finally(() => {
      this.#writing = undefined
      if (this.#text.length >= FLUSH_CHARACTERS) this.#flush()
      else if (this.#text !== '') this.#timer ??= setTimeout(this.#flush, FLUSH_MS).unref()
    })
  }

  async #write(text: string, held: number): Promise<void> {
    const unsaid = this.#unsaid
    try {
      await this.#target.write(unsaid === 0 ? text : `${this.#options.gap(unsaid)}\n${text}`)
    } catch (error) {
      this.#lose(held)
      this.#options.onProblem?.(error, this.#unsaid)
      return
    }
    this.#unsaid -= unsaid
    if (unsaid > 0) this.#options.onProblem?.(undefined, 0)
  }

  #lose(lines: number): void {
    this.#lost += lines
    this.#unsaid += lines
  }
}
