import { expect, test } from 'vitest'
import { loadScanner } from '../../src/formats/index.ts'
import { codesIn, readDocument, tablesOf } from './documents.ts'

test('docs/scanning.md has every rule, with its title', async () => {
  const { RULES } = await loadScanner()
  const table = tablesOf(readDocument('docs/scanning.md')).find(([head]) => head?.[0] === 'Rule')
  const told = table!.slice(1).map(([id, title]) => [codesIn(id!)[0], title])
  expect(told).toEqual(Object.entries(RULES).map(([id, { title }]) => [id, title]))
})
