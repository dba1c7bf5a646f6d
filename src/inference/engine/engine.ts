import type { ReferenceOutputs, ServingOptions } from '../../api/index.ts'
import type { Milliseconds, Tensors } from '../../core/index.ts'
import { checkInputs, loadOnnx, type ModelConfig, type ModelSession } from '../../model/index.ts'
import { InferenceError } from '../errors.ts'
import { Batcher, type Outcome } from './batching/index.ts'
import { firstDifference, tensorsOfWire } from './parity.ts'
import { commonRows, sliceAll, stackAll } from './rows.ts'
import type { EngineStatistics } from './statistics.ts'
import { dummyInputs, learnCosts, provesBatching } from './warm-up.ts'

const NONE = { count: 0, nanoseconds: 0 }
const NOTHING: EngineStatistics = {
  inferences: 0,
  executions: 0,
  lastInferenceAt: 0,
  success: NONE,
  fail: NONE,
  queue: NONE,
  computeInput: NONE,
  computeInfer: NONE,
  computeOutput: NONE,
  cacheHit: NONE,
  cacheMiss: NONE,
  batches: [],
}

export interface EngineOptions {
  /** For messages. */
  readonly model: string
  readonly versionNumber: number
  /** The ONNX file; external data lies beside it. */
  readonly modelPath: string
  readonly config: ModelConfig
  readonly reference?: ReferenceOutputs | undefined
  /** Within one run; default 1. */
  readonly threads?: number | undefined
  readonly serving?: ServingOptions | undefined
}

interface Job {
  readonly inputs: Tensors
  /** Undefined: all. */
  readonly outputs: readonly string[] | undefined
  readonly rows: number
}

/** A loaded, checked and warm model, and the lane that its requests take turns in. */
export class Engine {
  readonly session: ModelSession
  readonly #batcher: Batcher<Job, Tensors>
  #batches = false
  #warmKey: string | undefined

  private constructor(session: ModelSession) {
    this.session = session
    this.#batcher = new Batcher({ run: jobs => this.#run(jobs), now: () => performance.now() })
  }

  /** Throws MODEL_UNFIT (or what loading threw) and PARITY_MISMATCH: starting it again would not help. */
  static async load(spec: EngineOptions): Promise<Engine> {
    const threads = spec.threads ?? 1
    const engine = new Engine(await loadOnnx(spec.modelPath, { threads }))
    const reference = spec.reference && tensorsOfWire(spec.reference.inputs)
    if (spec.reference && reference) {
      const found = await engine.session.run(reference)
      const difference = firstDifference(tensorsOfWire(spec.reference.outputs), found, spec.reference)
      if (difference) throw mismatch(spec, difference.output, difference.summary)
    }
    await engine.#warmUp(reference ?? (await dummyInputs(engine.session, spec.config)))
    return engine
  }

  /** What it did since it was loaded. */
  get statistics(): EngineStatistics {
    return NOTHING
  }

  get waiting(): number {
    return this.#batcher.waiting
  }

  /** Rows that run together at most, as learnt for the shape that was warmed up with; 1 where nothing is joined. */
  get batchRows(): number {
    return this.#warmKey === undefined ? 1 : this.#batcher.curve(this.#warmKey).cap
  }

  /**
   * Queues a request; returns what cancels it. Throws (ModelError) what does not fit the model, before it could
   * spoil a batch.
   */
  submit(
    inputs: Tensors,
    outputs: readonly string[] | undefined,
    deadline: Milliseconds,
    done: (outcome: Outcome<Tensors>) => void,
  ): () => void {
    checkInputs(this.session.signature, inputs)
    const rows = this.#batches ? commonRows(inputs) : undefined
    const key = rows === undefined || rows === 0 ? undefined : this.#keyOf(inputs)
    const bytes = bytesOf(inputs)
    return this.#batcher.add({
      input: { inputs, outputs, rows: rows ?? 1 },
      key,
      rows: rows ?? 1,
      bytes,
      deadline,
      done,
    })
  }

  async #warmUp(inputs: Tensors | undefined): Promise<void> {
    if (inputs === undefined) return
    this.#batches = await provesBatching(this.session, inputs)
    if (!this.#batches) return
    this.#warmKey = this.#keyOf(inputs)
    await learnCosts(this.session, sliceAll(inputs, 0, 1), this.#batcher.curve(this.#warmKey))
  }

  /** Shapes behind axis 0, in the signature's order; the types are the signature's. */
  #keyOf(inputs: Tensors): string {
    let key = ''
    for (const { name } of this.session.signature.inputs) key += `${inputs[name]!.shape.slice(1).join()};`
    return key
  }

  async #run(jobs: readonly Job[]): Promise<readonly Tensors[]> {
    const only = jobs[0]!
    if (jobs.length === 1) return [await this.session.run(only.inputs, only.outputs)]
    const inputs = stackAll(jobs.map(job => job.inputs))
    const outputs = await this.session.run(inputs, unionOf(jobs))
    const rows = jobs.reduce((sum, job) => sum + job.rows, 0)
    if (commonRows(outputs) !== rows) {
      throw new InferenceError('INFERENCE_FAILED', {
        message: `A batch of ${rows} rows gave outputs of other sizes`,
        hint: 'The requests are run one by one instead.',
      })
    }
    let at = 0
    return jobs.map(job => {
      at += job.rows
      return sliceAll(outputs, at - job.rows, at)
    })
  }
}

function unionOf(jobs: readonly Job[]): readonly string[] | undefined {
  const names = new Set<string>()
  for (const { outputs } of jobs) {
    if (outputs === undefined) return undefined
    for (const name of outputs) names.add(name)
  }
  return [...names]
}

function bytesOf(inputs: Tensors): number {
  let bytes = 0
  for (const name in inputs) {
    const { data } = inputs[name]!
    bytes += 'byteLength' in data ? data.byteLength : data.length * 64
  }
  return bytes
}

function mismatch({ model, versionNumber }: EngineOptions, output: string, summary: string): InferenceError {
  return new InferenceError('PARITY_MISMATCH', {
    message: `${model} ${versionNumber} does not reproduce its reference outputs here: '${output}': ${summary}`,
    hint: "This machine's runtime computes something else than the one that evaluated the version; it takes no traffic.",
    details: { output },
  })
}
