import { elementCount, type Tensor, type Tensors, viewAs } from '../../core/index.ts'
import { fitInput, type ModelConfig, type ModelSignature, type TensorSpec } from '../../model/index.ts'
import { type CostCurve, MAX_BATCH_ROWS } from './batching/index.ts'
import { firstDifference } from './parity.ts'
import { commonRows, mapTensors, sliceAll, stackAll } from './rows.ts'

/** Part of a start that may be spent on learning the cost curve. */
const BUDGET_MS = 600
/** Where loading takes long itself, so much of it and at least this: requests teach the rest. */
const [PART_OF_LOAD, LEAST_BUDGET_MS] = [0.1, 50]
/** Runs of each size; the fastest counts: whatever disturbs a run makes it slower. */
const RUNS = 3
/** Kernels for another batch size add in another order; a wrong batch axis is off by whole values. */
const SAME = { rtol: 1e-2, atol: 1e-3 }
/** Sizes that a free axis (but the first) is tried with: images need some pixels, sequences take anything. */
const FREE_SIZES = [16, 32, 224, 1]
/** A dummy is no reason to need gigabytes, whatever shape a model declares. */
const MAX_DUMMY_ELEMENTS = 2 ** 24

/** A loaded model, wherever it runs. */
export interface Runner {
  readonly signature: ModelSignature
  run(inputs: Tensors): Promise<Tensors>
}

/**
 * Inputs to warm up with, where no reference is given: of the size that the preprocessing makes, else free axes
 * of some usual sizes, tried in turn. Undefined when the model takes none of them.
 */
export async function dummyInputs(model: Runner, config: ModelConfig): Promise<Tensors | undefined> {
  const sizes = imageSizes(config)
  for (const free of [...sizes, ...FREE_SIZES]) {
    const inputs: Record<string, Tensor> = Object.create(null)
    try {
      for (const spec of model.signature.inputs) inputs[spec.name] = dummy(spec, free)
      await model.run(inputs)
      return inputs
    } catch {
      // Another size may fit.
    }
  }
  return undefined
}

function imageSizes({ preprocess }: ModelConfig): readonly number[] {
  const sized = preprocess.findLast(step => step.kind === 'resize' || step.kind === 'crop')
  if (sized === undefined) return []
  return ['shortest' in sized ? sized.shortest : sized.height]
}

/** Values that differ from place to place where the type allows; zero for whole numbers (they may be indexes). */
function dummy(spec: TensorSpec, free: number): Tensor {
  const shape = spec.shape.map((size, axis) => (typeof size === 'number' ? size : axis === 0 ? 1 : free))
  const count = elementCount(shape)
  if (count > MAX_DUMMY_ELEMENTS) throw new RangeError(`${count} elements are too many for a dummy`)
  if (spec.dtype === 'string') return { dtype: 'string', shape, data: Array(count).fill('') }
  if (!spec.dtype.includes('float')) {
    return {
      dtype: spec.dtype,
      shape,
      data: viewAs(spec.dtype, new Uint8Array(count * 8)).subarray(0, count),
    }
  }
  const data = Float32Array.from({ length: count }, (_, i) => ((i * 7919) % 1000) / 1000)
  return fitInput(spec, { dtype: 'float32', shape, data })
}

/**
 * Whether two rows run together give what each gives alone. The first axis of an input may be something else
 * than a batch (time, points): then requests must not be joined.
 */
export async function provesBatching(model: Runner, inputs: Tensors): Promise<boolean> {
  const { signature } = model
  const free = signature.inputs.every(({ shape }) => shape.length > 0 && typeof shape[0] !== 'number')
  const rows = commonRows(inputs)
  if (!free || rows === undefined || rows === 0) return false
  const first = sliceAll(inputs, 0, 1)
  const second = rows > 1 ? sliceAll(inputs, 1, 2) : mapTensors(first, varied)
  try {
    const [alone, other, together] = [
      await model.run(first),
      await model.run(second),
      await model.run(stackAll([first, second])),
    ]
    if (commonRows(together) !== 2 || commonRows(alone) !== 1) return false
    const split = [sliceAll(together, 0, 1), sliceAll(together, 1, 2)] as const
    return !firstDifference(alone, split[0], SAME) && !firstDifference(other, split[1], SAME)
  } catch {
    return false
  }
}

/** The elements in reverse: another row that the model takes as well. */
function varied(tensor: Tensor): Tensor {
  return { ...tensor, data: tensor.data.slice().reverse() }
}

/** One row, so many times. */
export function repeated(row: Tensors, rows: number): Tensors {
  return rows === 1 ? row : stackAll(Array(rows).fill(row))
}

/** What learning may take after a load of so many milliseconds: a large model must not start twice as late for it. */
export function learningBudget(loadMs: number): number {
  return Math.min(BUDGET_MS, Math.max(LEAST_BUDGET_MS, PART_OF_LOAD * loadMs))
}

/** Learns what runs of 1, 2, 4 … `maxRows` rows cost, until more rows win nothing or the time is spent. */
export async function learnCosts(
  model: Runner,
  row: Tensors,
  curve: CostCurve,
  maxRows: number = MAX_BATCH_ROWS,
  budgetMs: number = BUDGET_MS,
): Promise<void> {
  const started = performance.now()
  for (let rows = 1; rows <= maxRows; rows *= 2) {
    const batch = repeated(row, rows)
    let best = Number.POSITIVE_INFINITY
    for (let run = 0; run < RUNS; run++) {
      const before = performance.now()
      await model.run(batch)
      best = Math.min(best, performance.now() - before)
      if (performance.now() - started > budgetMs) break
    }
    curve.observe(rows, best)
    if (curve.cap < rows * 2 || performance.now() - started + 2 * best > budgetMs) return
  }
}
