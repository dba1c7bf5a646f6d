import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { digestOfFile } from '../../../core/index.ts'
import { parseGate } from '../../../evaluate/index.ts'
import { liftOnnx, openModel } from '../../../formats/index.ts'
import { writeModel } from '../../output/write-model.ts'
import { modelConfigOf } from '../../stages/context.ts'
import { localRepository } from '../../stages/local.ts'
import { dataFile } from '../data-file.ts'
import { describeSearch } from './describe.ts'
import { changeNamed } from './named.ts'
import { searchVariants, speedOf } from './search.ts'
import type { SearchRequest } from './types.ts'

const PROGRAM = [process.execPath, new URL('../../main.ts', import.meta.url).pathname]
const DIGITS = new URL('../../../../examples/digits', import.meta.url).pathname

/** Processes start slowly where many do. */
vi.setConfig({ testTimeout: 180_000 })

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'search-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function search(gates: readonly string[], more: Partial<SearchRequest> = {}) {
  return searchVariants({
    path: join(DIGITS, 'model.onnx'),
    out: join(folder, 'best.onnx'),
    config: await modelConfigOf(DIGITS, await localRepository(DIGITS)),
    data: dataFile(join(DIGITS, 'data/test.npz'), undefined),
    limit: 200,
    gates: gates.map(gate => parseGate(gate)),
    tries: ['int8', 'int4', 'fp16'],
    prefer: 'size',
    measure: { shapes: new Map(), threads: 1, budget: 200, processes: 0 },
    program: PROGRAM,
    say: () => undefined,
    ...more,
  })
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

/** The digits, their answer handed through a node for nothing. */
async function withIdentity(): Promise<string> {
  const opened = await openModel(join(DIGITS, 'model.onnx'))
  const { model, close } = await liftOnnx(opened.input!)
  const { graph } = model
  const answer = graph.outputs[0]!.name
  const nodes = graph.nodes.map(node => ({
    ...node,
    outputs: node.outputs.map(output => (output === answer ? 'inner' : output)),
  }))
  const path = join(folder, 'identity.onnx')
  const identity = { op: 'Identity', inputs: ['inner'], outputs: [answer] }
  await writeModel({ ...model, graph: { ...graph, nodes: [...nodes, identity] } }, path)
  await close()
  await opened.close()
  return path
}

test('where simplifying leaves fewer nodes, the best change is tried on the simplified graph too', async () => {
  const path = await withIdentity()
  const { tried } = await search(['accuracy >= 0.95'], { path, tries: ['simplify', 'int4', 'fp16'] })
  expect(tried.map(({ name, outcome }) => [name, outcome])).toEqual([
    ['simplify', 'passed'],
    ['int4', 'passed'],
    ['fp16', 'passed'],
    // The smallest of the others.
    ['simplify+int4', 'passed'],
  ])
  const [alone, change, , both] = tried
  expect(both!.simplified!.nodes).toEqual(alone!.simplified!.nodes)
  expect(both!.change).toBe(`simplified, ${change!.change}`)
})

test('a model that ends its process is told, and ends nothing else', async () => {
  const program = [process.execPath, '-e', 'process.abort()']
  await expect(search([], { program })).rejects.toMatchObject({ code: 'MODEL_CRASHED' })
  const judged = await search([], { tries: [] })
  expect(judged.tried).toEqual([])
})

test('within a bound of memory, what does not fit is told', async () => {
  await expect(search([], { memory: 150e6 })).rejects.toMatchObject({ code: 'OPTIMIZE_MEMORY' })
  const { tried, peak } = await search(['accuracy >= 0.95'], { tries: ['fp16-weights'], memory: 2e9 })
  expect(tried[0]!.outcome).toBe('passed')
  expect(peak).toBeLessThanOrEqual(2e9)
})

test('a change that there is none of is told with the nearest', () => {
  expect(() => changeNamed('fp61')).toThrow(
    expect.objectContaining({ code: 'ARGUMENT_INVALID', hint: expect.stringContaining('fp16') }),
  )
  expect(() => changeNamed('__proto__')).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
})
