/** Names that a section may have: what GitLab takes. */
const NAME = '[A-Za-z0-9_.-]{1,255}'
const MARKER = new RegExp(
  `section_(start|end):(\\d{1,12}):(${NAME})(?:\\[([a-z_=,]{0,100})\\])?\\r\\x1b\\[0K`,
  'g',
)
/** Sections within sections; what is deeper belongs to the last. */
const MAX_DEPTH = 32
/** More than any job has on purpose; lines of later ones are in what is around them. */
const MAX_SECTIONS = 20_000

export type LogPiece =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'start'
      readonly name: string
      /** Seconds since 1970, as the job's machine has them. */
      readonly at: number
      readonly collapsed: boolean
    }
  | { readonly kind: 'end'; readonly name: string; readonly at: number }

/**
 * A log's text with its section markers taken out, as GitLab writes them. What is like a marker and is none
 * stays text. A marker that is cut in two by the end of `text` is not seen: give whole lines.
 *
 *   section_start:1560896352:build[collapsed=true]\r\x1b[0KHeader
 *   section_end:1560896353:build\r\x1b[0K
 */
export function logPieces(text: string): readonly LogPiece[] {
  const pieces: LogPiece[] = []
  let done = 0
  const passText = (upTo: number): void => {
    if (upTo > done) pieces.push({ kind: 'text', text: text.slice(done, upTo) })
  }
  for (const match of text.matchAll(MARKER)) {
    const [whole, kind, at, name, options] = match
    passText(match.index)
    done = match.index + whole.length
    if (kind === 'end') pieces.push({ kind: 'end', name: name!, at: Number(at) })
    else
      pieces.push({
        kind: 'start',
        name: name!,
        at: Number(at),
        collapsed: (options ?? '').split(',').includes('collapsed=true'),
      })
  }
  passText(text.length)
  return pieces
}

export interface LogSection {
  readonly name: string
  /** What stands behind its start marker on that line, colours and all. */
  readonly header: string
  readonly collapsed: boolean
  /** How many sections it is in. */
  readonly depth: number
  /** Lines from `first`, which has its header, up to `end`, which is not in it; none while it is open. */
  readonly first: number
  readonly end?: number
  /** From marker to marker. */
  readonly seconds?: number
}

/** A log's lines without markers, and the sections that they are in, in order of their beginning. */
interface OutlinedLog {
  readonly lines: readonly string[]
  readonly sections: readonly LogSection[]
}

interface SectionDraft {
  readonly name: string
  header: string
  readonly collapsed: boolean
  readonly depth: number
  readonly first: number
  end?: number
  seconds?: number
}

interface OpenSection {
  readonly section: SectionDraft
  readonly at: number
}

/**
 * Finds a log's sections line by line. An end closes the innermost open section of its name, and those that are
 * open within it; one of a name that is not open is passed over. A line that held nothing but markers is no line.
 */
export class LogOutline {
  #sections: SectionDraft[] = []
  readonly #open: OpenSection[] = []
  #lines = 0

  /** In order of their beginning; they change as lines come. */
  get sections(): readonly LogSection[] {
    return this.#sections
  }

  /** The line without its markers; undefined where nothing else was on it. */
  line(text: string): string | undefined {
    let shown = ''
    let isMarked = false
    const started: SectionDraft[] = []
    for (const piece of logPieces(text)) {
      if (piece.kind === 'text') {
        shown += piece.text
        continue
      }
      isMarked = true
      if (piece.kind === 'end') this.#close(piece.name, piece.at)
      else started.push(...this.#start(piece))
    }
    for (const section of started) section.header = shown
    if (shown === '' && isMarked) return undefined
    this.#lines++
    return shown
  }

  /** Lines before this are no longer held: sections that ended before it are forgotten. */
  drop(before: number): void {
    this.#sections = this.#sections.filter(({ end }) => end === undefined || end > before)
  }

  #start({ name, at, collapsed }: Extract<LogPiece, { kind: 'start' }>): SectionDraft[] {
    const depth = this.#open.length
    if (depth >= MAX_DEPTH) return []
    const section = { name, header: '', collapsed, depth, first: this.#lines }
    this.#open.push({ section, at })
    if (this.#sections.length >= MAX_SECTIONS) return []
    this.#sections.push(section)
    return [section]
  }

  #close(name: string, at: number): void {
    const from = this.#open.findLastIndex(({ section }) => section.name === name)
    if (from < 0) return
    for (const { section, at: begun } of this.#open.splice(from)) {
      section.end = this.#lines
      section.seconds = Math.max(0, at - begun)
    }
  }
}

/** Lines and sections of a whole log: see LogOutline. */
export function outlineLog(text: string): OutlinedLog {
  const outline = new LogOutline()
  const lines = text.split('\n').flatMap(line => outline.line(line) ?? [])
  return { lines, sections: outline.sections }
}
