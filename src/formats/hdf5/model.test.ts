import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { digestOf, fixtureInput } from '../../../test/fixtures/model-input.ts'
import type { OpenModel } from '../ports.ts'
import { openHdf5Model } from './index.ts'

interface Expected {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly sha256?: string
  readonly text?: readonly string[]
  readonly values?: readonly unknown[]
}

const FOLDER = new URL('../../../test/fixtures/hdf5/', import.meta.url)
const EXPECTED: Record<string, Record<string, Expected>> = Object.assign(
  {},
  ...['expected.json', 'expected-2.0.json', 'expected-plugins.json'].map(name =>
    JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')),
  ),
)
const open = async (file: string): Promise<OpenModel> => openHdf5Model(await fixtureInput('hdf5', file))

test('every fixture has its expectations', () => {
  const files = readdirSync(FOLDER).filter(name => name.endsWith('.h5'))
  expect(Object.keys(EXPECTED).toSorted()).toEqual(files.toSorted())
})

test.each(Object.keys(EXPECTED))('%s: every dataset is as h5py reads it', async file => {
  const model = await open(file)
  const found: Record<string, Expected> = {}
  for (const name of Object.keys(EXPECTED[file]!)) {
    const tensor = model.file.tensors.find(candidate => candidate.name === name)
    expect(tensor, name).toBeDefined()
    const { dtype, shape } = tensor!
    const texts: string[] = []
    if (dtype === 'string' || dtype === 'object') {
      for await (const text of model.readText!(name)) texts.push(text)
    }
    if (dtype === 'string') found[name] = { dtype, shape, text: texts }
    else if (dtype === 'object') found[name] = { dtype, shape, values: texts.map(plainValue) }
    else {
      const { sha256, bytes } = await digestOf(model, name)
      expect(bytes, name).toBe(tensor!.bytes)
      found[name] = { dtype, shape, sha256 }
    }
  }
  expect(found).toEqual(EXPECTED[file])
})

/** numpy gives a record as a tuple. */
function plainValue(json: string): unknown {
  const value: unknown = JSON.parse(json)
  return Array.isArray(value) || typeof value !== 'object' || value === null ? value : Object.values(value)
}
