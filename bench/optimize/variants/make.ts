import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Calibrate } from '../../../src/cli/optimize/calibration/calibrator.ts'
import { optimizeModel } from '../../../src/cli/optimize/optimize.ts'
import { changeNamed } from '../../../src/cli/optimize/search/named.ts'
import { writeModel } from '../../../src/cli/output/write-model.ts'
import { openModel } from '../../../src/formats/index.ts'
import { loadOnnx } from '../../../src/model/index.ts'
import { collectRanges } from '../../../src/optimize/index.ts'
import type { Examples } from './examples.ts'

/** What is tried where nothing is named; those that samples tell the places of only with data. */
export const TRIES = ['int8', 'int8-tensor', 'int8-static', 'int8-blocks', 'int4', 'fp16', 'fp16-weights']
/** What runs models in processes of their own. */
export const PROGRAM = [process.execPath, new URL('../../../src/cli/main.ts', import.meta.url).pathname]
/** The last examples: none of them is judged. */
export const CALIBRATED = 64

/** Writes a variant into a folder of its own; gives its file. Throws what cannot be made of the model. */
export async function variantOf(
  path: string,
  name: string,
  folder: string,
  examples: Examples | undefined,
): Promise<string> {
  await mkdir(join(folder, name), { recursive: true })
  const out = join(folder, name, 'model.onnx')
  const model = await openModel(path)
  try {
    const calibrate = examples && calibratedOn(examples, join(folder, name))
    await optimizeModel(model, {
      path,
      out,
      ...changeNamed(name),
      keep: new Set(),
      program: PROGRAM,
      ...(calibrate && { calibrate }),
    })
    return out
  } finally {
    await model.close()
  }
}

function calibratedOn(examples: Examples, folder: string): Calibrate {
  return (model, { calibrate }) =>
    collectRanges({
      model,
      method: calibrate,
      async open(augmented) {
        const path = join(folder, 'calibrated.onnx')
        await writeModel(augmented, path)
        return loadOnnx(path, { optimizations: 'none' })
      },
      async *samples({ signature }, from) {
        const { name, shape } = signature.inputs[0]!
        for (let i = examples.count - CALIBRATED + from; i < examples.count; i++)
          yield { [name]: await examples.input(i, shape) }
      },
    })
}
