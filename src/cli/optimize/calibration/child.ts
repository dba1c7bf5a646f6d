import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { type Bytes, systemCode } from '../../../core/index.ts'
import { inputsOf } from '../../../evaluate/index.ts'
import { liftOnnx, openModel } from '../../../formats/index.ts'
import { loadOnnx, type ModelConfig } from '../../../model/index.ts'
import {
  type CalibrationState,
  collectSome,
  isCollected,
  type Ranges,
  type StaticChange,
} from '../../../optimize/index.ts'
import { writeModel } from '../../output/write-model.ts'
import { type DataFile, withData } from '../data-file.ts'

export interface CalibrationRequest {
  /** Its constants are initializers. */
  readonly path: string
  readonly how: Pick<StaticChange, 'calibrate' | 'samples'>
  readonly config: ModelConfig
  readonly data: DataFile
  /** What the processes before this one had collected, and what the next one goes on with. */
  readonly stateFile: string
  /** Examples of one process. */
  readonly batch: number
  /** Of values of one run; absent: as many as is usual. */
  readonly maxRunBytes?: Bytes
}

/** Ranges when all is collected; before, how far it came. */
export type CalibrationReply =
  | { readonly kind: 'ranges'; readonly ranges: Ranges }
  | { readonly kind: 'some'; readonly pass: number; readonly done: number }

/** Between lines of progress. */
const TOLD_MS = 1000

/**
 * The next examples of a calibration. One thread, without the runtime's optimisations: values are those that the nodes
 * give as they stand.
 */
export async function calibrateHere(
  { path, how, config, data, stateFile, batch, maxRunBytes }: CalibrationRequest,
  folder: string,
  say: (line: string) => void,
): Promise<CalibrationReply> {
  const augmented = join(folder, 'model.onnx')
  const opened = await openModel(path)
  const lifted = await liftOnnx(opened.input!)
  let told = performance.now()
  try {
    const state = await withData(data, async dataset => {
      const total = Math.min(how.samples, dataset.examples)
      return collectSome(
        {
          model: lifted.model,
          method: how.calibrate,
          maxRuns: batch,
          ...(maxRunBytes !== undefined && { maxRunBytes }),
          samples: (session, from) => inputsOf(session, config, dataset, how.samples, from),
          async open(model) {
            await writeModel(model, augmented)
            return loadOnnx(augmented, { optimizations: 'none' })
          },
          onProgress(done, passes, pass) {
            if (done < total && performance.now() - told < TOLD_MS) return
            told = performance.now()
            say(`calibration: ${done} of ${total} examples${passes > 1 ? `, pass ${pass} of ${passes}` : ''}`)
          },
        },
        await stateIn(stateFile),
      )
    })
    if (isCollected(state)) return { kind: 'ranges', ranges: state.ranges }
    await writeFile(`${stateFile}.part`, serialize(state))
    await rename(`${stateFile}.part`, stateFile)
    return { kind: 'some', pass: state.pass, done: state.done }
  } finally {
    await lifted.close()
    await opened.close()
  }
}

async function stateIn(file: string): Promise<CalibrationState | undefined> {
  try {
    return deserialize(await readFile(file)) as CalibrationState
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return undefined
    throw cause
  }
}
