/**
 * Writes the table of GitLab's keywords in docs/gitlab-ci.md from the readers that read them. Run after every change
 * there; a test compares.
 *
 *   node scripts/gitlab-keywords.ts
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dialectOf } from '../src/pipeline/index.ts'

const HEAD = '| Keyword | Ballast | How it differs, or what the diagnostic says |\n| --- | --- | --- |\n'
const document = join(import.meta.dirname, '..', 'docs', 'gitlab-ci.md')

const rows = dialectOf('gitlab').keywords.map(
  ({ path, supported, note = '' }) =>
    `| \`${path}\` | ${supported ? 'yes' : 'no'} | ${note.replaceAll('|', '\\|')} |`,
)
const text = readFileSync(document, 'utf8')
const start = text.indexOf(HEAD)
if (start < 0) throw new Error(`There is no table of keywords in ${document}`)
const end = text.indexOf('\n\n', start)
const after = end < 0 ? '\n' : text.slice(end)
writeFileSync(document, `${text.slice(0, start)}${HEAD}${rows.join('\n')}${after}`)
