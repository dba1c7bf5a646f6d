import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

const run = promisify(execFile)
const MAIN = new URL('../main.ts', import.meta.url).pathname
const DIGITS = new URL('../../../examples/digits', import.meta.url).pathname

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simplify-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const optimize = (model: string, ...options: readonly string[]) =>
  run(process.execPath, [
    MAIN,
    ...['optimize', join(DIGITS, model), '-o', join(folder, 'variant.onnx'), '--folder', DIGITS, '--force'],
    ...options,
  ])

test('the search tries simplify by its name, and the variant is as good as the original', async () => {
  const { stdout } = await optimize('model.onnx', '--auto', '--try', 'simplify', '--json')
  const { original, tried } = JSON.parse(stdout)
  expect(tried).toMatchObject([{ name: 'simplify', change: 'simplified', outcome: 'passed', changed: [] }])
  expect(tried[0].evaluation.metrics.accuracy).toBe(original.metrics.accuracy)
})

test('the command says how many nodes are left', async () => {
  const { stdout } = await optimize('candidates/slow.onnx', '--simplify', '--no-measure', '--json')
  const { simplified } = JSON.parse(stdout)
  expect(simplified).toMatchObject({ nodes: { before: 314, after: 74 }, kept: [] })
})

test.each(['--auto', '--with-steps'])('it does not go with %s', async option => {
  await expect(optimize('model.onnx', '--simplify', option)).rejects.toMatchObject({
    stderr: expect.stringContaining('ARGUMENT_INVALID'),
  })
})
