import { type ByteSource, type Json, messageOf } from '../../core/index.ts'
import { textOf } from '../bytes/text.ts'
import { failing } from '../errors.ts'

/** An example with a small image as numbers takes some 100 kB; JSON.parse holds a line whole. */
export const MAX_LINE_LENGTH = 16 * 2 ** 20

export interface JsonlRow {
  /** From 1. */
  readonly line: number
  readonly value: Json
}

const invalid = failing('JSONL_INVALID', 'Write one JSON value a line, in UTF-8.')

/** One JSON value a line, streamed; empty lines are skipped. Throws JSONL_INVALID with the line. */
export async function* readJsonl(source: ByteSource): AsyncGenerator<JsonlRow, void> {
  let line = 1
  let rest = ''
  for await (const text of textOf(source, invalid)) {
    const lines = text.split('\n')
    lines[0] = rest + lines[0]!
    rest = lines.pop()!
    for (const content of lines) {
      const value = parse(source.name, line, content)
      if (value !== undefined) yield { line, value }
      line++
    }
    if (rest.length > MAX_LINE_LENGTH) throw tooLong(source.name, line)
  }
  const value = parse(source.name, line, rest)
  if (value !== undefined) yield { line, value }
}

function parse(name: string, line: number, content: string): Json | undefined {
  if (content.length > MAX_LINE_LENGTH) throw tooLong(name, line)
  if (content.trim() === '') return undefined
  try {
    return JSON.parse(content) as Json
  } catch (cause) {
    throw invalid(`${name}:${line}: ${messageOf(cause)}`, { cause, details: { line } })
  }
}

function tooLong(name: string, line: number): Error {
  return invalid(`${name}:${line}: the line has more than ${MAX_LINE_LENGTH} characters`, {
    details: { line },
  })
}
