import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { digestOf, fixtureInput } from '../../../../test/fixtures/model-input.ts'
import { openPickle } from './open.ts'

interface Expected {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly sha256: string | null
}

/** What numpy says of each array in each file. */
const EXPECTED: Readonly<Record<string, Readonly<Record<string, Expected>>>> = JSON.parse(
  readFileSync(new URL('../../../../test/fixtures/pickle/expected.json', import.meta.url), 'utf8'),
)

describe('arrays are found and read as numpy has them', () => {
  test.each(Object.entries(EXPECTED))('%s', async (path, expected) => {
    const model = await openPickle(await fixtureInput('pickle', path))
    const found: Record<string, Expected> = {}
    for (const { name, dtype, shape, bytes } of model.file.tensors) {
      const read = dtype === 'string' || dtype === 'object' ? undefined : await digestOf(model, name)
      expect(read?.bytes).toBe(bytes)
      found[name] = { dtype, shape, sha256: read?.sha256 ?? null }
    }
    expect(found).toEqual(expected)
  })
})
