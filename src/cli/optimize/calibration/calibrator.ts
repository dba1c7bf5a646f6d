import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BallastError, type Bytes } from '../../../core/index.ts'
import type { OnnxModel } from '../../../formats/index.ts'
import type { ModelConfig } from '../../../model/index.ts'
import type { Ranges, StaticChange } from '../../../optimize/index.ts'
import { writeModel } from '../../output/write-model.ts'
import { Helpers } from '../apart/helpers.ts'
import type { ApartOptions } from '../apart/start.ts'
import type { DataFile } from '../data-file.ts'
import type { CalibrationReply, CalibrationRequest } from './child.ts'

/** Ranges of a model's values, by what a change says of them. */
export type Calibrate = (
  model: OnnxModel,
  how: Pick<StaticChange, 'calibrate' | 'samples'>,
) => Promise<Ranges>

export interface CalibrationOptions {
  readonly config: ModelConfig
  readonly data: DataFile
  /** What starts this very program. */
  readonly program: readonly string[]
  /** What this process and the one that runs the model may take together. */
  readonly memory?: Bytes
  readonly say?: (line: string) => void
  /** Where models are written that have values between their nodes as outputs; default: the system's folder. */
  readonly scratch?: string
}

/** Examples that one process runs. */
const BATCH = 128
/** With a bound, the values of one run are this part of it: the runtime has them, and so has this program. */
const RUN_PART = 1 / 8
/** And no more than without a bound. */
const MAX_RUN_BYTES: Bytes = 256 * 2 ** 20

/** For one original, simplified or not: each way is gone once. */
export function calibratorOf(given: CalibrationOptions): Calibrate {
  const known = new Map<string, Promise<Ranges>>()
  return (model, how) => {
    const values = model.graph.nodes.map(({ outputs }) => outputs.join()).join()
    const key = `${how.calibrate} ${how.samples} ${values}`
    const ranges = known.get(key) ?? calibrated(model, how, given)
    known.set(key, ranges)
    return ranges
  }
}

/**
 * Examples by examples, each batch in a process of its own that goes on where the one before it ended. Throws
 * MODEL_CRASHED where one of them ends without a word, twice at the same examples.
 */
async function calibrated(
  model: OnnxModel,
  how: Parameters<Calibrate>[1],
  { config, data, program, memory, say, scratch = tmpdir() }: CalibrationOptions,
): Promise<Ranges> {
  const folder = await mkdtemp(join(scratch, 'ballast-calibrate-'))
  const path = join(folder, 'model.onnx')
  const own = { program, scratch: folder, ...(memory !== undefined && { memory }), ...(say && { say }) }
  const request: CalibrationRequest = {
    path,
    how,
    config,
    data,
    stateFile: join(folder, 'state'),
    batch: BATCH,
    ...(memory !== undefined && { maxRunBytes: Math.min(MAX_RUN_BYTES, Math.floor(memory * RUN_PART)) }),
  }
  try {
    await writeModel(model, path)
    for (;;) {
      const reply = await twice(() => batch(request, own))
      if (reply.kind === 'ranges') return reply.ranges
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Of its own process each: what one holds of its examples in vain goes with it. */
async function batch(request: CalibrationRequest, own: ApartOptions): Promise<CalibrationReply> {
  const helpers = new Helpers(own)
  return helpers.do('calibrate', request, 'the model with its examples').finally(() => helpers.close())
}

/** A process may have been ended for the memory that others took: what was collected before it is still there. */
async function twice(work: () => Promise<CalibrationReply>): Promise<CalibrationReply> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof BallastError && error.code === 'MODEL_CRASHED') return work()
    throw error
  }
}
