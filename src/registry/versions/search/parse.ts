import { type Instant, instant, nearestName, parseDuration } from '../../../core/index.ts'
import { RegistryError } from '../../errors.ts'
import { COMPARISONS, FIELDS, type SearchField, type SearchTerm } from './types.ts'

/** More is not typed by anybody. */
const MAX_QUERY = 1000
const MAX_TERMS = 20
const STATES = ['serving', 'expired', 'imported', 'aliased']

interface Word {
  /** Without its quotes. */
  readonly text: string
  /** Column of its first character, from 1. */
  readonly column: number
  /** A text in quotes is never a field or a comparison. */
  readonly quoted: boolean
}

/**
 * `accuracy>0.97 format:onnx model:dig* -is:expired since:30d "two words"`. Throws SEARCH_INVALID, with the column of
 * what can't be read.
 */
export function parseSearch(query: string, now: Instant): readonly SearchTerm[] {
  if (query.length > MAX_QUERY)
    throw new RegistryError('SEARCH_INVALID', {
      message: `A search of ${query.length} characters is longer than ${MAX_QUERY}`,
      hint: 'Search for less.',
    })
  const words = wordsOf(query)
  const beyond = words[MAX_TERMS]
  if (beyond) throw invalid(beyond, `more than ${MAX_TERMS} conditions`, 'Search for less.')
  return words.map(word => termOf(word, now))
}

function wordsOf(query: string): readonly Word[] {
  const words: Word[] = []
  const each = /\s*(?:"([^"]*)"|(\S+))/gy
  for (let match = each.exec(query); match; match = each.exec(query)) {
    const [whole, quoted, bare] = match
    const column = match.index + whole.length - whole.trimStart().length + 1
    const text = quoted ?? bare ?? ''
    if (bare?.startsWith('"'))
      throw invalid({ text, column }, 'a quote is not closed', 'Close it, or leave it out.')
    words.push({ text, column, quoted: quoted !== undefined })
  }
  return words
}

function termOf(word: Word, now: Instant): SearchTerm {
  const { text, quoted } = word
  if (quoted) return { kind: 'text', text, not: false }
  const not = text.startsWith('-') && text.length > 1
  const plain = not ? text.slice(1) : text
  const compared = /^([^<>=!:]+)(>=|<=|!=|>|<|=)(.*)$/s.exec(plain)
  if (compared) return metricTerm(word, not, compared)
  const colon = plain.indexOf(':')
  if (colon < 0) return { kind: 'text', text: plain, not }
  return fieldTerm(word, plain.slice(0, colon), plain.slice(colon + 1), { not, now })
}

function metricTerm(word: Word, not: boolean, [, metric = '', sign, text = '']: RegExpExecArray): SearchTerm {
  const comparison = COMPARISONS.find(each => each === sign)!
  const percent = /^(.*)%$/.exec(text)?.[1]
  const value = Number(percent ?? text) / (percent === undefined ? 1 : 100)
  if (not) throw invalid(word, 'a comparison is not negated', 'Turn the sign around: accuracy<0.9.')
  if ((percent ?? text).trim() === '' || !Number.isFinite(value))
    throw invalid(
      word,
      `'${text}' is no number`,
      `Such as ${metric}${comparison}0.97 or ${metric}${comparison}97%.`,
    )
  return { kind: 'metric', metric, comparison, value }
}

interface Context {
  readonly not: boolean
  readonly now: Instant
}

function fieldTerm(word: Word, name: string, value: string, { not, now }: Context): SearchTerm {
  if (value === '') throw invalid(word, `'${name}:' has no value`, `Such as ${name}:value, without a space.`)
  if (name === 'since' || name === 'until') return { kind: name, at: timeOf(word, value, now) }
  const field = FIELDS.find(each => each === name)
  if (!field) {
    const nearest = nearestName(name, [...FIELDS, 'since', 'until'])
    const all = `Fields are ${[...FIELDS, 'since', 'until'].join(', ')}; a metric is compared: ${name}>0.9.`
    throw invalid(word, `there is no field '${name}'`, nearest ? `Did you mean '${nearest}:'? ${all}` : all)
  }
  if (field === 'is' && !STATES.includes(value))
    throw invalid(word, `'${value}' is nothing that a version can be`, `It is: takes ${STATES.join(', ')}.`)
  return { kind: 'field', field, value: plainValue(field, value), not }
}

function plainValue(field: SearchField, value: string): string {
  if (field === 'parent') return value.replace(/^v/i, '')
  return field === 'digest' || field === 'data' ? value.replace(/^sha256:/, '') : value
}

/** `30d`: so long ago. Else a date or a time of ISO 8601, in UTC where it does not say. */
function timeOf(word: Word, text: string, now: Instant): Instant {
  const days = /^(\d{1,5})d$/.exec(text)?.[1]
  if (days !== undefined) return instant(now - Number(days) * 86_400_000)
  if (/^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d)?)?$/.test(text)) {
    const time = Date.parse(/T.*(Z|[+-]\d\d:\d\d)$/.test(text) || !text.includes('T') ? text : `${text}Z`)
    if (Number.isFinite(time)) return instant(time)
  }
  try {
    return instant(now - parseDuration(text))
  } catch {
    throw invalid(word, `'${text}' is no time`, 'Such as since:30d, since:12h or since:2026-11-01.')
  }
}

function invalid({ column, text }: Pick<Word, 'text' | 'column'>, why: string, hint: string): RegistryError {
  return new RegistryError('SEARCH_INVALID', {
    message: `At column ${column}, '${text.slice(0, 80)}': ${why}`,
    hint,
    details: { column },
  })
}
