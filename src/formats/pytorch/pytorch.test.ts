import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import {
  digestOf,
  fixtureInput,
  memoryInput,
  mutations,
  readAll,
} from '../../../test/fixtures/model-input.ts'
import type { OpenModel, Reader } from '../ports.ts'
import { openPt2, openPytorch, openPytorchLegacy, openTorchscript } from './index.ts'

const fixture = (name: string) => readFile(new URL(`../../../test/fixtures/pytorch/${name}`, import.meta.url))
const expected: Record<
  string,
  Record<string, { dtype: string; shape: number[]; sha256: string }>
> = JSON.parse((await fixture('expected.json')).toString())

function readerOf(path: string): Reader {
  if (path.endsWith('.pt2')) return openPt2
  if (/^(scripted|traced)/.test(path)) return openTorchscript
  return path.endsWith('-legacy.pt') ? openPytorchLegacy : openPytorch
}
const open = async (path: string): Promise<OpenModel> => readerOf(path)(await fixtureInput('pytorch', path))

describe('files that torch wrote', () => {
  test.each(Object.keys(expected))('%s', async path => {
    const model = await open(path)
    const tensors = expected[path]!
    const readable = model.file.tensors.filter(({ bytes }) => bytes !== undefined)
    expect(readable.map(({ name }) => name).sort()).toEqual(Object.keys(tensors).sort())
    for (const info of readable) {
      const { sha256, ...rest } = tensors[info.name]!
      expect(info).toMatchObject(rest)
      expect([info.name, await digestOf(model, info.name)]).toEqual([
        info.name,
        { sha256, bytes: info.bytes },
      ])
    }
    expect(JSON.parse(JSON.stringify(model.file))).toEqual(model.file)
    await model.close()
  })
})
