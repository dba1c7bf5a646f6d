import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { test } from 'vitest'
import { modelOf } from '../../../test/fixtures/convert/trees/memory.ts'
import { generator } from '../../../test/fixtures/onnx-builder.ts'
import { bytesOf } from '../../../test/fixtures/onnx-run.ts'
import { BallastError } from '../../core/index.ts'
import { convertLightgbm, convertXgboost } from './convert.ts'

const FOLDER = new URL('../../../test/fixtures/convert/trees/', import.meta.url).pathname

test.each([
  'xgboost/softprob.json',
  'xgboost/categories-partition.ubj',
  'xgboost/vector-leaves.ubj',
  'xgboost/linear.ubj',
  'lightgbm/categories.txt',
  'lightgbm/lines.txt',
  'lightgbm/missing-zero.txt',
])('%s with bytes changed is converted, or refused with a typed error', async file => {
  const whole = gunzipSync(readFileSync(`${FOLDER}${file}.gz`))
  const convert = file.startsWith('xgboost') ? convertXgboost : convertLightgbm
  const random = generator(11)
  for (let run = 0; run < 25; run++) {
    const content = Uint8Array.from(whole)
    for (let i = 0; i < 1 + (run % 3); i++) {
      const at = Math.floor(random() * content.length)
      // Digits stay digits now and then, so that what is changed is a number.
      content[at] = run % 2 === 0 ? Math.floor(random() * 256) : 0x30 + Math.floor(random() * 10)
    }
    try {
      const { model } = await convert(await modelOf('m', content), {})
      await bytesOf(model)
    } catch (error) {
      if (!(error instanceof BallastError)) throw error
    }
  }
})
