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

/** What a process that loads the model leaves in its temporary folder, and the variable as it stands then. */
async function loaded(
  environment: Readonly<Record<string, string>>,
): Promise<{ left: readonly string[]; variable: string }> {
  const script = `const { loadOnnx } = await import('${LOAD}'); await (await loadOnnx('model.onnx')).close()
    process.stdout.write(String(process.env.ORT_DISABLE_TELEMETRY))`
  const { ORT_DISABLE_TELEMETRY: _, ...inherited } = process.env
  const env = { ...inherited, TMPDIR: folder, ...environment }
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: folder, env })
  return { left: (await readdir(folder)).filter(name => name !== 'model.onnx'), variable: stdout }
}

test('the runtime keeps no log of its reports, as it makes none', async () => {
  expect(await loaded({})).toEqual({ left: [], variable: '1' })
})

test('who has set the variable has the last word', async () => {
  // What the runtime then writes, and when, is its own: a machine without a way out may see nothing of it.
  expect((await loaded({ ORT_DISABLE_TELEMETRY: '0' })).variable).toBe('0')
})
