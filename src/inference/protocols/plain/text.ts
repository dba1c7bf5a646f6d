import { refuse } from '../refuse.ts'
import type { ReadExamples } from './examples.ts'
import { parameterOf } from './kinds.ts'
import { MAX_ROWS } from './limits.ts'
import { examplesOfRows, linesOf, namesHint, tableOf, textColumnOf, textOf } from './tables.ts'

/**
 * One text, as it is but for a line's end behind it; with `text/plain; rows=lines`, one a line. For models that take
 * one text an example.
 */
export const readText: ReadExamples = ({ bytes, header }, model) => {
  const table = tableOf(model)
  if (textColumnOf(table) === undefined)
    throw refuse(
      'The model takes no plain text: its rows have other columns',
      `Send text/csv or JSON. ${namesHint(table)}`,
    )
  const text = textOf(bytes).replace(/\r?\n$/, '')
  const rows = parameterOf(header, 'rows')
  if (rows === 'lines') return examplesOfRows(table, rowsOf(text), true, row => `Line ${row + 1}`)
  if (rows !== undefined) throw refuse(`rows=${rows} is not known`, 'There is rows=lines: a text a line.')
  return examplesOfRows(table, [[text]], false)
}

/** Up to one more than a request may have: enough to refuse it. */
function rowsOf(text: string): readonly [string][] {
  const rows: [string][] = []
  for (const line of linesOf(text)) if (rows.push([line]) > MAX_ROWS) break
  return rows
}
