import type { Tensors } from '../../core/index.ts'
import type { OnnxModel } from '../../formats/index.ts'
import type { ModelSession } from '../../model/index.ts'
import { OptimizeError } from '../errors.ts'
import { valuesToCalibrate } from '../precision/qdq/graph.ts'
import type { Range, Ranges } from '../precision/qdq/types.ts'
import { groupsWithin, withOutputs, withSizes } from './augment.ts'
import { type Collector, type CollectorState, collectorOf } from './collectors.ts'
import type { Calibration } from './types.ts'

/** Bytes of values that one run gives: they are in memory at once, beside what the runtime needs for the model. */
const MAX_RUN_BYTES = 256 * 2 ** 20

export interface CalibrateRequest {
  /** Its constants are initializers. */
  readonly model: OnnxModel
  readonly method: Calibration
  /** Opens a model that has more outputs than the original. Its graph must not be optimised: values would differ. */
  readonly open: (model: OnnxModel) => Promise<ModelSession>
  /** Inputs of runs, a sample each, in the same order each time; `from`: how many are left out before the first. */
  readonly samples: (session: ModelSession, from: number) => AsyncIterable<Tensors>
  readonly onProgress?: (done: number, passes: number, pass: number) => void
  readonly maxRunBytes?: number
  /** Runs until the state is given back. Absent: a whole pass. */
  readonly maxRuns?: number
}

/** How far it has come: all that a process needs which goes on with it. */
export interface CalibrationState {
  /** Values that are collected in one pass over the samples. */
  readonly groups: readonly (readonly string[])[]
  /** As many as there are groups: it is done. */
  readonly pass: number
  /** Runs of this pass. */
  readonly done: number
  /** Of the values of this pass. */
  readonly collected: ReadonlyMap<string, CollectorState>
  readonly ranges: Ranges
}

/**
 * Ranges of the values that `quantizeStatic` asks for. Values are fetched from the runtime and reduced sample by
 * sample: memory does not grow with the samples. Where a sample's values are more than MAX_RUN_BYTES, values are
 * grouped, and each group takes a pass over the samples. Values that were infinite have no range: nodes that take them
 * stay. Throws CALIBRATION_FAILED without samples and for NaN, and what `open`, `samples` and runs throw.
 */
export async function collectRanges(request: CalibrateRequest): Promise<Ranges> {
  let state: CalibrationState | undefined
  do state = await collectSome(request, state)
  while (!isCollected(state))
  return state.ranges
}

export function isCollected({ groups, pass }: CalibrationState): boolean {
  return pass === groups.length
}

/** The next runs, from the very first one where there is no state: it may be of another process. */
export async function collectSome(
  request: CalibrateRequest,
  given: CalibrationState | undefined,
): Promise<CalibrationState> {
  const state = given ?? (await beginning(request))
  const { groups, pass, collected } = state
  const group = groups[pass]
  if (!group) return state
  const { model, method } = request
  const inputs = new Set(model.graph.inputs.map(({ name }) => name))
  const collectors = new Map(group.map(name => [name, collectorOf(method, collected.get(name))] as const))
  const outputs = group.filter(name => !inputs.has(name))
  const session = await request.open(withOutputs(model, outputs))
  try {
    const { done, ended } = await collect(session, group, collectors, state, request)
    if (!ended) {
      const states = Array.from(collectors, ([name, collector]) => [name, collector.state()] as const)
      return { ...state, done, collected: new Map(states) }
    }
    const found = Array.from(collectors, ([name, collector]) => [name, collector.range()] as const)
    const ranges = new Map([
      ...state.ranges,
      ...found.filter((entry): entry is [string, Range] => entry[1] !== undefined),
    ])
    return { groups, pass: pass + 1, done: 0, collected: new Map(), ranges }
  } finally {
    await session.close()
  }
}

async function beginning(request: CalibrateRequest): Promise<CalibrationState> {
  const { model, maxRunBytes = MAX_RUN_BYTES } = request
  const sizes = await sizesOf(request, valuesToCalibrate(model.graph))
  const groups = groupsWithin(sizes, maxRunBytes)
  return { groups, pass: 0, done: 0, collected: new Map(), ranges: new Map() }
}

/** Bytes of each value on the first sample. */
async function sizesOf(
  { model, open, samples }: CalibrateRequest,
  values: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { model: sized, names } = withSizes(model, values)
  const session = await open(sized)
  try {
    for await (const inputs of samples(session, 0)) {
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

/** `ended`: there is no further sample. */
async function collect(
  session: ModelSession,
  names: readonly string[],
  collectors: ReadonlyMap<string, Collector>,
  { groups, pass, done: before }: CalibrationState,
  { samples, maxRuns = Number.POSITIVE_INFINITY, onProgress }: CalibrateRequest,
): Promise<{ readonly done: number; readonly ended: boolean }> {
  let done = before
  for await (const inputs of samples(session, before)) {
    if (done - before >= maxRuns) return { done, ended: false }
    const fetched = names.filter(name => inputs[name] === undefined)
    const outputs = fetched.length === 0 ? {} : await session.run(inputs, fetched)
    for (const name of names) add(name, inputs[name] ?? outputs[name]!, collectors.get(name)!, done)
    for (const name of fetched) release(outputs[name]!)
    done++
    onProgress?.(done, groups.length, pass + 1)
  }
  return { done, ended: true }
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
