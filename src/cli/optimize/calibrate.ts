import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Dataset, inputsOf } from '../../evaluate/index.ts'
import type { OnnxModel } from '../../formats/index.ts'
import { loadOnnx, type ModelConfig } from '../../model/index.ts'
import { collectRanges, type Ranges, type StaticChange } from '../../optimize/index.ts'
import { writeModel } from '../output/write-model.ts'

/** Ranges of a model's values, by what a change says of them. */
export type Calibrate = (
  model: OnnxModel,
  how: Pick<StaticChange, 'calibrate' | 'samples'>,
) => Promise<Ranges>

export interface CalibrationData {
  readonly config: ModelConfig
  readonly data: Dataset
  readonly say?: (line: string) => void
  /** Where models are written that have values between their nodes as outputs; default: the system's folder. */
  readonly scratch?: string
}

/** Between lines of progress. */
const TOLD_MS = 1000

/**
 * For one model: each way is gone once. The model runs in this process, one thread, without the runtime's
 * optimisations: values are those that its nodes give as they stand.
 */
export function calibratorOf(given: CalibrationData): Calibrate {
  const known = new Map<string, Promise<Ranges>>()
  return (model, how) => {
    const key = `${how.calibrate} ${how.samples}`
    const ranges = known.get(key) ?? calibrated(model, how, given)
    known.set(key, ranges)
    return ranges
  }
}

async function calibrated(
  model: OnnxModel,
  { calibrate, samples }: Parameters<Calibrate>[1],
  { config, data, say, scratch = tmpdir() }: CalibrationData,
): Promise<Ranges> {
  const folder = await mkdtemp(join(scratch, 'ballast-calibrate-'))
  const path = join(folder, 'model.onnx')
  const total = Math.min(samples, data.examples)
  let told = 0
  try {
    return await collectRanges({
      model,
      method: calibrate,
      samples: session => inputsOf(session, config, data, samples),
      async open(augmented) {
        await writeModel(augmented, path)
        return loadOnnx(path, { optimizations: 'none' })
      },
      onProgress(done, passes, pass) {
        if (done < total && performance.now() - told < TOLD_MS) return
        told = performance.now()
        say?.(`calibration: ${done} of ${total} examples${passes > 1 ? `, pass ${pass} of ${passes}` : ''}`)
      },
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
