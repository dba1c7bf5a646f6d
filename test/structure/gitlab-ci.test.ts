import { expect, test } from 'vitest'
import { dialectOf } from '../../src/pipeline/index.ts'
import { codesIn, readDocument, tablesOf } from './documents.ts'

test('docs/gitlab-ci.md has every keyword, as the readers know it (node scripts/gitlab-keywords.ts writes it)', () => {
  const table = tablesOf(readDocument('docs/gitlab-ci.md')).find(([head]) => head?.[0] === 'Keyword')
  const told = table!.slice(1).map(([path, supported, note]) => [codesIn(path!)[0], supported, note])
  const { keywords } = dialectOf('gitlab')
  expect(keywords.length).toBeGreaterThan(100)
  expect(told).toEqual(
    keywords.map(({ path, supported, note = '' }) => [
      path,
      supported ? 'yes' : 'no',
      note.replaceAll('|', '\\|'),
    ]),
  )
})
