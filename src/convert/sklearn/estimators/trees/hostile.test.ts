import { fileURLToPath } from 'node:url'
import { test } from 'vitest'
import { modelOf } from '../../../../../test/fixtures/convert/trees/memory.ts'
import { generator } from '../../../../../test/fixtures/onnx-builder.ts'
import { bytesOf } from '../../../../../test/fixtures/onnx-run.ts'
import { BallastError } from '../../../../core/index.ts'
import { openModel } from '../../../../formats/index.ts'
import { convertEstimator } from '../../convert.ts'

const FOLDER = fileURLToPath(new URL('../../../../../test/fixtures/convert/sklearn/', import.meta.url))

async function unpacked(file: string): Promise<Uint8Array> {
  const { input, close } = await openModel(FOLDER + file)
  const bytes = await input!.source.read(0, input!.source.size)
  await close()
  return Uint8Array.from(bytes)
}

test.each([
  'trees/1.3/tree-missing.pkl.xz',
  'trees/1.9/histogram-texts.pkl.xz',
  'trees/1.9/isolation-part.pkl.xz',
  'boosting/1.9/xgb-classes.pkl.xz',
  'boosting/1.9/lgb-classes.pkl.xz',
])('%s with bytes changed is converted, or refused with a typed error', async file => {
  const whole = await unpacked(file)
  const random = generator(23)
  for (let run = 0; run < 20; run++) {
    const content = Uint8Array.from(whole)
    for (let i = 0; i < 1 + (run % 4); i++)
      content[Math.floor(random() * content.length)] = Math.floor(random() * 256)
    try {
      await bytesOf((await convertEstimator(await modelOf('m.pkl', content), {})).model)
    } catch (error) {
      if (!(error instanceof BallastError)) throw error
    }
  }
})
