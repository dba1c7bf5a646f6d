import { expect, test } from 'vitest'
import { allCoverage } from '../../src/convert/index.ts'
import { codesIn, readDocument, tablesOf } from './documents.ts'

const SUPPORT = { full: 'yes', limits: 'with limits', refused: 'no' } as const

test('docs/conversion-coverage.md has all that is converted, as the converters know it (node scripts/conversion-tables.ts writes it)', async () => {
  const coverage = await allCoverage()
  const tables = tablesOf(readDocument('docs/conversion-coverage.md')).filter(
    ([head]) => head?.[0] === 'Name',
  )
  expect(tables.length).toBe(coverage.length)
  const told = tables.map(table =>
    table.slice(1).map(([name, support, note]) => [codesIn(name!)[0], support, note]),
  )
  expect(told).toEqual(
    coverage.map(({ items }) =>
      items.map(({ name, support, note = '' }) => [name, SUPPORT[support], note.replaceAll('|', '\\|')]),
    ),
  )
})
