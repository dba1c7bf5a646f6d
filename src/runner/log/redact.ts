import type { ReportSummaries } from '../../api/index.ts'
import { Masker } from './masker.ts'
import { secretForms } from './secrets.ts'

/** Hides secrets in the texts of report summaries, but for the variables: those are handed on as they are. */
export function redactor(secrets: readonly string[]): (summaries: ReportSummaries) => ReportSummaries {
  const masker = new Masker(secretForms(secrets))
  const clean = <T>(value: T): T => {
    if (typeof value === 'string') return redacted(value, masker) as T
    if (Array.isArray(value)) return value.map(clean) as T
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, clean(member)])) as T
  }
  return ({ variables, ...others }) => ({ ...clean(others), ...(variables && { variables }) })
}

/** A mask may be longer than what it hides: the text stays as short as it was. */
function redacted(text: string, masker: Masker): string {
  return Buffer.concat([masker.push(Buffer.from(text)), masker.end()])
    .toString()
    .slice(0, text.length)
}
