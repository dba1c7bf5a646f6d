/** Names that a section may have: what GitLab takes. */
const NAME = '[A-Za-z0-9_.-]{1,255}'
const MARKER = new RegExp(
  `section_(start|end):(\\d{1,12}):(${NAME})(?:\\[([a-z_=,]{0,100})\\])?\\r\\x1b\\[0K`,
  'g',
)
/** Sections within sections; what is deeper belongs to the last. */
const MAX_DEPTH = 32

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
export interface OutlinedLog {
  readonly lines: readonly string[]
  readonly sections: readonly LogSection[]
}

interface OpenSection {
  readonly index: number
  readonly name: string
  readonly at: number
}

/**
 * Finds a log's sections. An end closes the innermost open section of its name, and those that are open within
 * it; one of a name that is not open is passed over. A line that held nothing but markers is no line.
 */
export function outlineLog(text: string): OutlinedLog {
  const lines: string[] = []
  const sections: LogSection[] = []
  const open: OpenSection[] = []
  const close = (name: string, at: number): void => {
    const from = open.findLastIndex(section => section.name === name)
    if (from < 0) return
    for (const { index, at: begun } of open.splice(from))
      sections[index] = { ...sections[index]!, end: lines.length, seconds: Math.max(0, at - begun) }
  }
  for (const line of text.split('\n')) {
    let shown = ''
    let isMarked = false
    const started: number[] = []
    for (const piece of logPieces(line)) {
      if (piece.kind === 'text') {
        shown += piece.text
        continue
      }
      isMarked = true
      if (piece.kind === 'end') close(piece.name, piece.at)
      else if (open.length < MAX_DEPTH) {
        const { name, at, collapsed } = piece
        open.push({ index: sections.length, name, at })
        started.push(sections.length)
        sections.push({ name, header: '', collapsed, depth: open.length - 1, first: lines.length })
      }
    }
    for (const index of started) sections[index] = { ...sections[index]!, header: shown }
    if (shown !== '' || !isMarked) lines.push(shown)
  }
  return { lines, sections }
}
