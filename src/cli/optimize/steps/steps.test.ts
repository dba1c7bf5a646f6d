import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openModel } from '../../../formats/index.ts'
import { modelConfigOf } from '../../stages/context.ts'
import { localRepository } from '../../stages/local.ts'
import { describeSteps, stepsInside } from './steps.ts'

const PROGRAM = [process.execPath, new URL('../../main.ts', import.meta.url).pathname]
const EXAMPLE = new URL('../../../../examples/digits', import.meta.url).pathname
const folder = await mkdtemp(join(tmpdir(), 'ballast-steps-'))
afterAll(() => rm(folder, { recursive: true }))

test('digits with its steps inside names the same classes, from pixels', async () => {
  const path = join(EXAMPLE, 'model.onnx')
  const config = await modelConfigOf(EXAMPLE, await localRepository(EXAMPLE))
  const model = await openModel(path)
  try {
    const out = join(folder, 'inside.onnx')
    const made = await stepsInside(model, { path, out, config, program: PROGRAM })
    expect(made).toMatchObject({ path: out, input: 'pixels' })
    expect(made.outputs).toEqual(['scores', 'top_scores', 'top_classes', 'top_labels', 'class', 'label'])
    expect(made.compared).toHaveLength(4)
    for (const { relative, sameClass } of made.compared) {
      expect(relative).toBeLessThan(0.01)
      expect(sameClass).toBe(true)
    }
    expect(describeSteps(made)).toContain('same class')
  } finally {
    await model.close()
  }
})

test('what would answer otherwise is refused', async () => {
  const path = join(EXAMPLE, 'model.onnx')
  const config = await modelConfigOf(EXAMPLE, await localRepository(EXAMPLE))
  const model = await openModel(path)
  // What is written is of one model, and is run beside another.
  const other = join(EXAMPLE, 'candidates/worse.onnx')
  const out = join(folder, 'wrong.onnx')
  try {
    await expect(stepsInside(model, { path: other, out, config, program: PROGRAM })).rejects.toMatchObject({
      code: 'OPTIMIZE_UNSUPPORTED',
      message: expect.stringContaining('answers move'),
    })
    expect(await readdir(folder)).not.toContain('wrong.onnx')
  } finally {
    await model.close()
  }
})
