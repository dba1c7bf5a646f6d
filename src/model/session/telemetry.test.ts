import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeMlp } from '../../../test/fixtures/onnx-builder.ts'

const run = promisify(execFile)
const LOAD = new URL('./load.ts', import.meta.url).href
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'telemetry-'))
  await writeFile(join(folder, 'model.onnx'), writeMlp(4, 8, 3))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** What a process that loads the model leaves in its temporary folder. */
async function left(environment: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const script = `const { loadOnnx } = await import('${LOAD}'); await (await loadOnnx('model.onnx')).close()`
  const { ORT_DISABLE_TELEMETRY: _, ...inherited } = process.env
  const env = { ...inherited, TMPDIR: folder, ...environment }
  await run(process.execPath, ['--input-type=module', '-e', script], { cwd: folder, env })
  return (await readdir(folder)).filter(name => name !== 'model.onnx')
}

test('the runtime keeps no log of its reports, as it makes none', async () => {
  expect(await left({})).toEqual([])
})

test('who has set the variable has the last word', async () => {
  expect(await left({ ORT_DISABLE_TELEMETRY: '0' })).toContain('.ses')
})
