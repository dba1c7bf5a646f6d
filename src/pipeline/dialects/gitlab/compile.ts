import type { Dialect } from '../types.ts'
import { KEYWORDS } from './keywords/table.ts'

export const gitlab: Dialect = {
  name: 'gitlab',
  paths: ['.gitlab-ci.yml'],
  async compile({ file }) {
    const at = { file, line: 1, column: 1 }
    const message = 'GitLab CI files are not compiled yet'
    return { kind: 'problems', diagnostics: [{ severity: 'error', code: 'CI_UNSUPPORTED', message, at }] }
  },
  jobVariables: () => ({}),
  keywords: KEYWORDS,
}
