import { refuse } from '../refuse.ts'
import { MAX_JSON_DEPTH, MAX_LISTS, MAX_VALUES } from './limits.ts'

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c]
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d]

/** Less text than this can't build much, however it is written. */
const SMALL = 65_536

/**
 * Counts what JSON.parse would build, before it does: a body of some megabytes holds millions of empty lists, of
 * which each takes ten times its text. Throws REQUEST_INVALID over the limits on depth, lists and values, where there is
 * enough text for it to matter; does not check anything else.
 */
export function checkJson(text: string, where: string): void {
  if (text.length < SMALL) return
  let depth = 0
  let values = 0
  let lists = 0
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at)
        break
      case OPEN_LIST:
      case OPEN_OBJECT:
        if (++depth > MAX_JSON_DEPTH)
          throw refuse(`${where} nests deeper than ${MAX_JSON_DEPTH} levels`, 'Records are flat.')
        if (++lists > MAX_LISTS)
          throw refuse(
            `${where} holds more than ${MAX_LISTS} lists and records`,
            'Send several smaller requests.',
          )
        break
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        depth--
        break
      case COMMA:
        values++
    }
    if (values > MAX_VALUES)
      throw refuse(`${where} holds more than ${MAX_VALUES} values`, 'Send several smaller requests.')
  }
}

/** Place of the closing quote; the text's end where there is none. */
function endOfString(text: string, open: number): number {
  for (let at = open + 1; ; at++) {
    at = text.indexOf('"', at)
    if (at < 0) return text.length
    let slashes = 0
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++
    if (slashes % 2 === 0) return at
  }
}
