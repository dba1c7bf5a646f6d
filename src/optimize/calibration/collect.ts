import type { Tensors } from '../../core/index.ts'
import type { OnnxModel } from '../../formats/index.ts'
import type { ModelSession } from '../../model/index.ts'
import { OptimizeError } from '../errors.ts'
import { valuesToCalibrate } from '../precision/qdq/graph.ts'
import type { Range, Ranges } from '../precision/qdq/types.ts'
import { groupsWithin, withOutputs, withSizes } from './augment.ts'
import { type Collector, collectorOf } from './collectors.ts'
import type { Calibration } from './types.ts'

/** Bytes of values that one run gives: they are in memory at once, beside what the runtime needs for the model. */
const MAX_RUN_BYTES = 256 * 2 ** 20

export interface CalibrateRequest {
  /** Its constants are initializers. */
  readonly model: OnnxModel
  readonly method: Calibration
  /** Opens a model that has more outputs than the original. Its graph must not be optimised: values would differ. */
  readonly open: (model: OnnxModel) => Promise<ModelSession>
  /** Inputs of runs, a sample each, from the first again each time. */
  readonly samples: (session: ModelSession) => AsyncIterable<Tensors>
  readonly onProgress?: (done: number, passes: number, pass: number) => void
  readonly maxRunBytes?: number
}

/**
 * Ranges of the values that `quantizeStatic` asks for. Values are fetched from the runtime and reduced sample by
 * sample: memory does not grow with the samples. Where a sample's values are more than MAX_RUN_BYTES, values are
 * grouped, and each group takes a pass over the samples. Values that were infinite have no range: nodes that take them
 * stay. Throws CALIBRATION_FAILED without samples and for NaN, and what `open`, `samples` and runs throw.
 */
export async function collectRanges(request: CalibrateRequest): Promise<Ranges> {
  const { model, maxRunBytes = MAX_RUN_BYTES } = request
  const values = valuesToCalibrate(model.graph)
  const inputs = new Set(model.graph.inputs.map(({ name }) => name))
  const sizes = await sizesOf(request, values)
  const collectors = new Map(values.map(name => [name, collectorOf(request.method)] as const))
  const groups = groupsWithin(sizes, maxRunBytes)
  for (const [pass, group] of groups.entries()) {
    const session = await request.open(
      withOutputs(
        model,
        group.filter(name => !inputs.has(name)),
      ),
    )
    try {
      await collect(session, group, collectors, request, done =>
        request.onProgress?.(done, groups.length, pass + 1),
      )
    } finally {
      await session.close()
    }
  }
  const found = Array.from(collectors, ([name, collector]) => [name, collector.range()] as const)
  return new Map(found.filter((entry): entry is [string, Range] => entry[1] !== undefined))
}

/** Bytes of each value on the first sample. */
async function sizesOf(
  { model, open, samples }: CalibrateRequest,
  values: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { model: sized, names } = withSizes(model, values)
  const session = await open(sized)
  try {
    for await (const inputs of samples(session)) {
      const outputs = names.size === 0 ? {} : await session.run(inputs, [...names.values()])
      return new Map(Array.from(names, ([value, name]) => [value, 4 * Number(outputs[name]!.data[0])]))
    }
  } finally {
    await session.close()
  }
  throw new OptimizeError('CALIBRATION_FAILED', {
    message: 'There is no sample to calibrate with',
    hint: 'Give a data set with examples: a hundred or so, like those that the model will see.',
  })
}

async function collect(
  session: ModelSession,
  names: readonly string[],
  collectors: ReadonlyMap<string, Collector>,
  { samples }: CalibrateRequest,
  onProgress: (done: number) => void,
): Promise<void> {
  let done = 0
  for await (const inputs of samples(session)) {
    const fetched = names.filter(name => inputs[name] === undefined)
    const outputs = fetched.length === 0 ? {} : await session.run(inputs, fetched)
    for (const name of names) add(name, inputs[name] ?? outputs[name]!, collectors.get(name)!, done)
    for (const name of fetched) release(outputs[name]!)
    onProgress(++done)
  }
}

/** Gives a value's memory back at once: the engine collects such buffers late, some sixty megabytes of them. */
function release({ data }: Tensors[string]): void {
  if (data instanceof Float32Array && data.buffer instanceof ArrayBuffer) data.buffer.transfer(0)
}

function add(name: string, { data }: Tensors[string], collector: Collector, sample: number): void {
  if (!(data instanceof Float32Array)) return
  if (collector.add(data) === 'NaN')
    throw new OptimizeError('CALIBRATION_FAILED', {
      message: `The value '${name}' is NaN on sample ${sample + 1}`,
      hint: 'A model that gives NaN on its own data, or data that it was not trained on: look at both.',
      details: { value: name, sample: sample + 1 },
    })
}
