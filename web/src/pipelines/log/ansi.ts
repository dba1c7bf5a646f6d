/** What a terminal's SGR codes ask for, as far as a log needs it. */
export interface AnsiStyle {
  /** 0 … 7 of the terminal's palette, or a colour of its own. */
  readonly color?: number | string
  readonly bold?: boolean
  readonly dim?: boolean
  readonly italic?: boolean
  readonly underline?: boolean
}

export interface Piece {
  readonly text: string
  readonly style: AnsiStyle
}

export const PLAIN: AnsiStyle = {}

/** What is behind them on its line has the last one's style: each is an element of the page. */
const MAX_PIECES = 500

/** CSI, OSC and two-character escapes, then other control characters except the tab. */
const CONTROL =
  /\x1b\[([0-?]*)[ -/]*([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]?|[\x00-\x08\x0b-\x1f\x7f]/g

/** One line's text in pieces of one style, and the style that lasts. Every other escape is taken out. */
export function styleLine(
  line: string,
  before: AnsiStyle,
): { readonly pieces: readonly Piece[]; readonly style: AnsiStyle } {
  const pieces: Piece[] = []
  let style = before
  let from = 0
  const add = (to: number) => {
    if (to <= from) return
    const last = pieces.at(-1)
    if (last && pieces.length >= MAX_PIECES)
      pieces[pieces.length - 1] = { ...last, text: last.text + line.slice(from, to) }
    else pieces.push({ text: line.slice(from, to), style })
  }
  for (const match of line.matchAll(CONTROL)) {
    add(match.index)
    from = match.index + match[0].length
    if (match[2] === 'm') style = applied(style, match[1] ?? '')
  }
  add(line.length)
  return { pieces, style }
}

function applied(before: AnsiStyle, parameters: string): AnsiStyle {
  const codes = parameters.split(/[;:]/).map(Number)
  let style = before
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!
    if (code === 38 || code === 48) {
      const { color, used } = extendedColor(codes.slice(i + 1))
      if (code === 38 && color !== undefined) style = { ...style, color }
      i += used
    } else style = simple(style, code)
  }
  return style
}

function simple(style: AnsiStyle, code: number): AnsiStyle {
  if (code >= 30 && code <= 37) return { ...style, color: code - 30 }
  if (code >= 90 && code <= 97) return { ...style, color: code - 90 }
  switch (code) {
    case 0:
      return PLAIN
    case 1:
      return { ...style, bold: true }
    case 2:
      return { ...style, dim: true }
    case 3:
      return { ...style, italic: true }
    case 4:
      return { ...style, underline: true }
    case 22:
      return { ...style, bold: false, dim: false }
    case 23:
      return { ...style, italic: false }
    case 24:
      return { ...style, underline: false }
    case 39: {
      const { color: _, ...rest } = style
      return rest
    }
    default:
      return style
  }
}

const CUBE = [0, 95, 135, 175, 215, 255]

/** `5;n` of 256 colours, or `2;r;g;b`. */
function extendedColor(codes: readonly number[]): { color?: number | string; used: number } {
  const [kind, a = 0, b = 0, c = 0] = codes
  const byte = (value: number) => Math.min(255, Math.max(0, Math.trunc(value) || 0))
  if (kind === 2) return { color: `rgb(${byte(a)} ${byte(b)} ${byte(c)})`, used: 4 }
  if (kind !== 5) return { used: 0 }
  const index = byte(a)
  if (index < 16) return { color: index % 8, used: 2 }
  if (index >= 232) {
    const gray = 8 + (index - 232) * 10
    return { color: `rgb(${gray} ${gray} ${gray})`, used: 2 }
  }
  const at = index - 16
  const [red, green, blue] = [CUBE[Math.floor(at / 36)], CUBE[Math.floor(at / 6) % 6], CUBE[at % 6]]
  return { color: `rgb(${red} ${green} ${blue})`, used: 2 }
}
