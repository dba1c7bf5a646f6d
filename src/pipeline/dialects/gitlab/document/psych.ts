import type { PlainScalar } from '../../../yaml/options.ts'

/**
 * Reads a scalar without quotes as GitLab does, which is as Ruby's Psych does: by the types of YAML 1.1, with
 * ways of its own. What matters in CI files:
 *
 *   yes, No, on, OFF       booleans; y and n are text
 *   0755, 0x1f, 0b11       493, 31, 3
 *   1_000 and 1,000        1000
 *   12:30                  45000: base 60, of three figures
 *   08, 1e3, 1.2.3         text
 *   1.10                   1.1, but `text` stays 1.10
 *   ~, null, nothing       null
 *
 * Whatever means another number than it looks like has a note; its text is what GitLab hands on. Dates and times
 * are text here: GitLab refuses a file that has them without quotes. So are .inf and .nan, which no keyword takes.
 */
export function readPlain(text: string): PlainScalar {
  if (text === '') return { value: null }
  if (text.length <= 5) {
    const word = text.toLowerCase()
    if (word === '~' || word === 'null') return { value: null }
    if (word === 'yes' || word === 'true' || word === 'on') return { value: true }
    if (word === 'no' || word === 'false' || word === 'off') return { value: false }
  }
  if (text.length > MAX_NUMBER || !/^[-+.\d]/.test(text)) return { value: text }
  return readNumber(text)
}

/** A longer run of digits is no number that anybody counts with. */
const MAX_NUMBER = 64

const DECIMAL = /^[-+]?(?:0|[1-9]\d*)$/
const GROUPED = /^[-+]?[1-9](?:\d|[,_]\d)*$/
const OCTAL = /^[-+]?0[0-7_,]+$/
const BINARY = /^[-+]?0b[01_,]+$/
const HEXADECIMAL = /^[-+]?0x[0-9a-fA-F_,]+$/
const SEXAGESIMAL = /^[-+]?\d[\d_]*(?::[0-5]?\d){1,2}$/
const FLOAT = /^[-+]?(?:\d[\d_,]*)?\.\d*(?:[eE][-+]\d+)?$/

function readNumber(text: string): PlainScalar {
  if (DECIMAL.test(text)) return { value: Number(text) }
  if (GROUPED.test(text)) return surprising(text, Number(text.replace(/[,_]/g, '')))
  if (OCTAL.test(text)) return inBase(text, 8)
  if (BINARY.test(text)) return inBase(text, 2)
  if (HEXADECIMAL.test(text)) return inBase(text, 16)
  if (SEXAGESIMAL.test(text)) return surprising(text, base60(text))
  if (!FLOAT.test(text) || /^[-+]?\.(?:[eE]|$)/.test(text)) return { value: text }
  const plain = text.replace(/[,_]/g, '')
  return plain === text ? { value: Number(text) } : surprising(text, Number(plain))
}

function inBase(text: string, base: 2 | 8 | 16): PlainScalar {
  const digits = text.replace(/[-+,_]/g, '').replace(/^0[bx]?/, '')
  const value = digits === '' ? 0 : Number.parseInt(digits, base)
  return surprising(text, text.startsWith('-') ? -value : value)
}

/** Psych counts from hours, whether there are seconds or not. */
function base60(text: string): number {
  const parts = text.replace(/[-_]/g, '').split(':').map(Number)
  const value = parts.reduce((sum, part, index) => sum + part * 60 ** (2 - index), 0)
  return text.startsWith('-') ? -value : value
}

function surprising(text: string, value: number): PlainScalar {
  if (!Number.isFinite(value)) return { value: text }
  return { value, text: String(value), note: `${text} is read as the number ${value}, as GitLab does` }
}
