import { expect, test } from 'vitest'
import { deploymentsSearch } from './search.ts'

test.each([
  [{}, {}],
  [{ environment: 'production' }, { environment: 'production' }],
  [{ environment: '', model: 'digits', page: 3 }, { model: 'digits' }],
  [{ environment: 7, model: ['digits'] }, {}],
])('%j asks for %j', (given, asked) => {
  expect(deploymentsSearch(given)).toEqual(asked)
})
