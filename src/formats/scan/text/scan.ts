import { reportTemplate } from '../template/report.ts'
import type { Place, ScanFinding } from '../types.ts'
import { findSecrets } from './secrets.ts'

export type AddFinding = (finding: Omit<ScanFinding, 'at'> & { readonly at?: Place }) => void

/**
 * Searches a text of metadata for secrets, and judges it as a template where its key says so. Findings have the key,
 * never the value.
 */
export function scanText(key: string, value: string, add: AddFinding): void {
  for (const { rule, what } of findSecrets(value)) {
    add({
      rule,
      level: 'unknown',
      what: `${what} stands in ${key.slice(0, 200)}`,
      at: { key: key.slice(0, 200) },
    })
  }
  if (/(?:^|[._])(?:chat_)?template(?:[._]|$)/.test(key))
    reportTemplate(value, { key: key.slice(0, 200) }, { add })
}
