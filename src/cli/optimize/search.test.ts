import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { digestOfFile } from '../../core/index.ts'
import { openDataset, parseGate } from '../../evaluate/index.ts'
import { modelConfigOf } from '../stages/context.ts'
import { localRepository } from '../stages/local.ts'
import { describeSearch } from './describe-search.ts'
import { changeNamed, type SearchRequest, searchVariants, speedOf } from './search.ts'

const PROGRAM = [process.execPath, new URL('../main.ts', import.meta.url).pathname]
const DIGITS = new URL('../../../examples/digits', import.meta.url).pathname

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'search-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function search(gates: readonly string[], more: Partial<SearchRequest> = {}) {
  const data = await openDataset(join(DIGITS, 'data/test.npz'), { rows: 'allowed' })
  return searchVariants({
    path: join(DIGITS, 'model.onnx'),
    out: join(folder, 'best.onnx'),
    config: await modelConfigOf(DIGITS, await localRepository(DIGITS)),
    data,
    limit: 200,
    gates: gates.map(gate => parseGate(gate)),
    tries: ['int8', 'int4', 'fp16'],
    prefer: 'size',
    measure: { shapes: new Map(), threads: 1, budget: 200, processes: 0 },
    program: PROGRAM,
    say: () => undefined,
    ...more,
  }).finally(() => data.close())
}

describe('the digits example', () => {
  test('of what passed and is no slower, the smallest is written; the original is not touched', async () => {
    const before = await digestOfFile(join(DIGITS, 'model.onnx'))
    const { tried, chosen, files } = await search([
      'accuracy >= 0.95',
      'accuracy non_inferior 0.05 versus production',
    ])
    expect(tried.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['int8', 'passed'],
      ['int4', 'passed'],
      ['fp16', 'passed'],
    ])
    const fit = tried.filter(({ comparison }) => speedOf(comparison!) <= 1)
    const smallest = fit.toSorted((a, b) => a.comparison!.variant.bytes - b.comparison!.variant.bytes)[0]
    expect(chosen).toBe(smallest?.name)
    expect(files.map(({ size }) => size)).toEqual(smallest ? [smallest.comparison!.variant.bytes] : [])
    expect(await digestOfFile(join(DIGITS, 'model.onnx'))).toBe(before)
  })

  test('where no gate is passed nothing is written, and each says why', async () => {
    const found = await search(['accuracy >= 0.9999', 'size <= 10 kB'], { tries: ['int4'] })
    expect(found.chosen).toBeUndefined()
    expect(found.tried[0]!.outcome).toBe('failed')
    expect(await readdir(folder)).toEqual([])
    const text = describeSearch(found, ['accuracy'])
    expect(text).toContain('The original stays')
    expect(text).toMatch(/int4: size/)
  })

  test('a comparison that the data can not decide is no pass', async () => {
    const found = await search(['accuracy non_inferior 0.0001 versus production'], {
      tries: ['int4'],
      limit: 20,
    })
    expect(found.tried[0]!.outcome).toBe('inconclusive')
    expect(found.chosen).toBeUndefined()
  })
})

test('a change that there is none of is told with the nearest', () => {
  expect(() => changeNamed('fp61')).toThrow(
    expect.objectContaining({ code: 'ARGUMENT_INVALID', hint: expect.stringContaining('fp16') }),
  )
  expect(() => changeNamed('__proto__')).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
})
