import { MAX_BLOCK_LENGTH } from '../limits.ts'

/** Characters of private use: a block in a file is replaced by as many of them, so that places stay true. */
const START = '\uE000'
const FILL = '\uE001'
const END = '\uE002'
const DIGIT = 0xe100
const BASE = 4096
const PLACEHOLDER = /\uE000([\uE100-\uF0FF])([\uE100-\uF0FF])\uE001*\uE002/g

/**
 * A file in which every `$[[ … ]]` is one word. YAML could not be parsed with them in it: `[ $[[ inputs.x ]] ]`
 * is a list of a block, and to a parser an open bracket. GitLab writes values into the text before it parses,
 * which lets a value change what is around it; here it can't.
 */
export interface Masked {
  readonly text: string
  /** What stands between the brackets, and the whole. */
  readonly blocks: readonly { readonly data: string; readonly written: string }[]
}

export function maskBlocks(text: string): Masked {
  if (!text.includes('$[[')) return { text, blocks: [] }
  const blocks: { data: string; written: string }[] = []
  const parts: string[] = []
  let done = 0
  for (let open = text.indexOf('$[['); open >= 0; open = text.indexOf('$[[', open)) {
    const written = blockAt(text, open)
    if (written === undefined) {
      open += 1
      continue
    }
    parts.push(text.slice(done, open), placeholder(blocks.length, written.length))
    blocks.push({ data: written.slice(3, -2), written })
    open += written.length
    done = open
  }
  return { text: [...parts, text.slice(done)].join(''), blocks }
}

/** On one line; what is longer is none, so that looking for its end takes bounded time. */
function blockAt(text: string, open: number): string | undefined {
  const window = text.slice(open, open + MAX_BLOCK_LENGTH + 5)
  const close = window.indexOf(']]')
  const written = close < 0 ? undefined : window.slice(0, close + 2)
  return written === undefined || /[\r\n]/.test(written) ? undefined : written
}

function placeholder(index: number, length: number): string {
  const digits = String.fromCharCode(DIGIT + Math.floor(index / BASE), DIGIT + (index % BASE))
  return START + digits + FILL.repeat(length - 4) + END
}

export function hasBlocks(text: string): boolean {
  return text.includes(START)
}

/** A text in pieces: what was written, and the numbers of the blocks between. */
export function splitAtBlocks(text: string, { blocks }: Masked): readonly (string | number)[] {
  const pieces: (string | number)[] = []
  let done = 0
  for (const match of text.matchAll(PLACEHOLDER)) {
    const index = (match[1]!.charCodeAt(0) - DIGIT) * BASE + match[2]!.charCodeAt(0) - DIGIT
    if (index >= blocks.length) continue
    if (match.index > done) pieces.push(text.slice(done, match.index))
    pieces.push(index)
    done = match.index + match[0].length
  }
  if (done < text.length) pieces.push(text.slice(done))
  return pieces
}
