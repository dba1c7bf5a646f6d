/**
 * Writes the tables of docs/conversion-coverage.md from the converters. Run after every change there; a test compares.
 *
 *   node scripts/conversion-tables.ts
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { allCoverage, type Coverage } from '../src/convert/index.ts'

const SUPPORT = { full: 'yes', limits: 'with limits', refused: 'no' } as const

const document = join(import.meta.dirname, '..', 'docs', 'conversion-coverage.md')
const text = readFileSync(document, 'utf8')
const start = text.indexOf('\n## ')
const before = start < 0 ? `${text.trimEnd()}\n` : text.slice(0, start)
writeFileSync(document, `${before}\n${(await allCoverage()).map(section).join('\n')}`)

function section({ title, formats, items }: Coverage): string {
  const rows = items.map(
    ({ name, support, note = '' }) =>
      `| \`${name}\` | ${SUPPORT[support]} | ${note.replaceAll('|', '\\|')} |`,
  )
  const files = formats.map(format => `\`${format}\``).join(', ')
  return `## ${title}\n\nOf ${files}: ${items.length}.\n\n| Name | Converted | |\n| --- | --- | --- |\n${rows.join('\n')}\n`
}
