import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Milliseconds, openFile, type Tensor } from '../../core/index.ts'
import { inspectOnnx } from '../../formats/index.ts'
import { loadOnnx, type ModelSession, type ModelSignature } from '../../model/index.ts'
import { type InputSpec, syntheticInputs } from '../bench/synthetic.ts'
import { DATATYPES } from '../predict/oip.ts'
import type { Footprint } from './footprint/footprint.ts'

export interface Measured {
  /** Of the model and the files beside it. */
  readonly bytes: number
  readonly load: Milliseconds
  /** Of single runs, one thread, the other model's in between. */
  readonly latencyP50: Milliseconds
  readonly latencyP99: Milliseconds
  readonly runs: number
  /** Absent where it was not measured, or the model does not run alone. */
  readonly memory?: Footprint
}

/** How far an output of the variant is from the original's, over all runs on made-up inputs. */
export interface Drift {
  readonly output: string
  readonly largest: number
  /** The largest difference over the largest magnitude. */
  readonly relative: number
  /** Of outputs with a score for each class in their last axis: the part of rows whose best class is the same. */
  readonly sameBest: number
}

export interface Comparison {
  readonly original: Measured
  readonly variant: Measured
  readonly drift: readonly Drift[]
}

export interface MeasureOptions {
  /** Shapes of inputs with free sizes; others take 1. */
  readonly shapes: ReadonlyMap<string, readonly number[]>
  readonly threads: number
  readonly budget: Milliseconds
  /** In how many processes of its own each is run for its memory, of which the median is told; 0: in none. */
  readonly processes: number
}

/** Runs that only warm up. */
const WARM_UP = 3
const MAX_RUNS = 500
const LEAST_RUNS = 5

/**
 * Loads both and runs them in turns on the same made-up inputs, so that whatever else the machine does meets both.
 * Throws MODEL_UNLOADABLE, INPUT_UNREADABLE, and what a run throws.
 */
export async function compareModels(
  paths: { readonly original: string; readonly variant: string },
  options: MeasureOptions,
): Promise<Comparison> {
  const [original, variant] = [await open(paths.original, options), await open(paths.variant, options)]
  try {
    const specs = specsOf(original.session.signature)
    const drift = new Drifts()
    const begun = performance.now()
    for (let run = -WARM_UP; run < MAX_RUNS; run++) {
      const inputs = syntheticInputs(specs, { batch: 1, shapes: options.shapes }, run + WARM_UP + 1)
      const first = await timed(original, inputs, run >= 0)
      const second = await timed(variant, inputs, run >= 0)
      drift.add(first, second)
      if (run + 1 >= LEAST_RUNS && performance.now() - begun > options.budget) break
    }
    return { original: original.measured(), variant: variant.measured(), drift: drift.all() }
  } finally {
    await original.session.close()
    await variant.session.close()
  }
}

/** What inputs are made up for. */
export function specsOf({ inputs }: ModelSignature): readonly InputSpec[] {
  return inputs.map(({ name, dtype, shape }) => ({
    name,
    datatype: DATATYPES[dtype],
    shape: shape.map(size => (typeof size === 'number' ? size : -1)),
  }))
}

interface Opened {
  readonly session: ModelSession
  readonly times: number[]
  measured(): Measured
}

async function open(path: string, { threads }: MeasureOptions): Promise<Opened> {
  const begun = performance.now()
  const session = await loadOnnx(path, { threads })
  const load = performance.now() - begun
  const bytes = await sizeOf(path)
  const times: number[] = []
  return {
    session,
    times,
    measured() {
      const sorted = times.toSorted((a, b) => a - b)
      const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!
      return { bytes, load, latencyP50: at(0.5), latencyP99: at(0.99), runs: sorted.length }
    },
  }
}

async function timed(
  { session, times }: Opened,
  inputs: Readonly<Record<string, Tensor>>,
  counts: boolean,
): Promise<Readonly<Record<string, Tensor>>> {
  const begun = performance.now()
  const outputs = await session.run(inputs)
  if (counts) times.push(performance.now() - begun)
  return outputs
}

/** A model's bytes with those of its external data. */
export async function sizeOf(path: string): Promise<number> {
  const source = await openFile(path)
  try {
    const { external, fileBytes } = await inspectOnnx(source)
    let bytes = fileBytes
    for (const { location } of external) bytes += (await stat(join(dirname(path), location))).size
    return bytes
  } finally {
    await source.close()
  }
}

class Drifts {
  readonly #found = new Map<string, { largest: number; magnitude: number; rows: number; same: number }>()

  add(original: Readonly<Record<string, Tensor>>, variant: Readonly<Record<string, Tensor>>): void {
    for (const [name, tensor] of Object.entries(original)) {
      const other = variant[name]
      const [a, b] = [numbersOf(tensor), other && numbersOf(other)]
      if (!a || !b || a.length !== b.length) continue
      const found = this.#found.get(name) ?? { largest: 0, magnitude: 0, rows: 0, same: 0 }
      this.#found.set(name, found)
      for (let i = 0; i < a.length; i++) {
        found.largest = Math.max(found.largest, Math.abs(a[i]! - b[i]!))
        found.magnitude = Math.max(found.magnitude, Math.abs(a[i]!))
      }
      const width = tensor.shape.at(-1) ?? 1
      for (let at = 0; at + width <= a.length && width > 1; at += width) {
        found.rows++
        if (best(a, at, width) === best(b, at, width)) found.same++
      }
    }
  }

  all(): readonly Drift[] {
    return Array.from(this.#found, ([output, { largest, magnitude, rows, same }]) => ({
      output,
      largest,
      relative: magnitude > 0 ? largest / magnitude : 0,
      sameBest: rows > 0 ? same / rows : 1,
    }))
  }
}

function best(numbers: ArrayLike<number>, at: number, width: number): number {
  let place = 0
  for (let i = 1; i < width; i++) if (numbers[at + i]! > numbers[at + place]!) place = i
  return place
}

function numbersOf({ data }: Tensor): ArrayLike<number> | undefined {
  return data instanceof Float32Array || data instanceof Float64Array ? data : undefined
}
