import type { ReferenceOutputs, ServingOptions } from '../../api/index.ts'
import type { Milliseconds, Tensors } from '../../core/index.ts'
import { checkInputs, type ModelConfig, type ModelSignature } from '../../model/index.ts'
import { InferenceError } from '../errors.ts'
import { isStrings } from '../protocols/index.ts'
import { Batcher, type Outcome } from './batching/index.ts'
import { type Answered, Flights, type Question } from './cache/index.ts'
import { holdToReference, tensorsOfWire } from './parity.ts'
import { Placed, type Shape } from './placement/index.ts'
import { Recorder } from './recorder.ts'
import { commonRows, sliceAll } from './rows.ts'
import type { EngineStatistics } from './statistics.ts'
import { dummyInputs, learnCosts, learningBudget, provesBatching, repeated } from './warm-up.ts'

export interface EngineOptions {
  /** For messages. */
  readonly model: string
  readonly versionNumber: number
  /** The ONNX file; external data lies beside it. */
  readonly modelPath: string
  readonly config: ModelConfig
  readonly reference?: ReferenceOutputs | undefined
  /** Processors that it may use at the same time; default 1. */
  readonly threads?: number | undefined
  readonly serving?: ServingOptions | undefined
}

interface Job {
  readonly inputs: Tensors
  /** Undefined: all. */
  readonly outputs: readonly string[] | undefined
  readonly rows: number
}

const now = (): Milliseconds => performance.now()

/** A loaded, checked and warm model, and the lanes that its requests take turns in. */
export class Engine {
  readonly #placed: Placed
  readonly #batcher: Batcher<Job, Tensors>
  readonly #recorder = new Recorder()
  readonly #flights: Flights | undefined
  #batches = false
  #warmKey: string | undefined

  private constructor(placed: Placed, batcher: Batcher<Job, Tensors>, serving: ServingOptions = {}) {
    this.#placed = placed
    this.#batcher = batcher
    if (serving.cacheBytes === undefined) return
    this.#flights = new Flights(
      serving.cacheBytes,
      (question, done) => this.#queue(question, done),
      this.#recorder,
      now,
    )
  }

  /** Throws MODEL_UNFIT (or what loading threw) and PARITY_MISMATCH: starting it again would not help. */
  static async load(spec: EngineOptions): Promise<Engine> {
    const { serving } = spec
    let engine: Engine | undefined
    const batcher = new Batcher<Job, Tensors>({
      run: (jobs, slot) => engine!.#run(jobs, slot),
      now,
      maxWaiting: serving?.maxWaiting,
      maxBatchRows: serving?.maxBatchRows,
    })
    const placed = await Placed.open({
      modelPath: spec.modelPath,
      threads: spec.threads,
      threadsOfRun: serving?.threads,
      onLanes: (lanes, blocking) => batcher.use(lanes, blocking),
    })
    engine = new Engine(placed, batcher, serving)
    try {
      await engine.#prepare(spec)
    } catch (error) {
      await engine.close()
      throw error
    }
    return engine
  }

  get signature(): ModelSignature {
    return this.#placed.signature
  }

  /** What it did since it was loaded. */
  get statistics(): EngineStatistics {
    return this.#recorder.statistics
  }

  get waiting(): number {
    return this.#batcher.waiting
  }

  /** Rows that run together at most, as learnt for the shape that was warmed up with; 1 where nothing is joined. */
  get batchRows(): number {
    return this.#batches && this.#warmKey !== undefined ? this.#batcher.capOf(this.#warmKey) : 1
  }

  /** Where it runs. */
  get shape(): Shape {
    return this.#placed.shape
  }

  /** One run past the queue and the statistics: for a warm-up, before anybody asks. */
  readonly run = async (inputs: Tensors): Promise<Tensors> => (await this.#placed.run(0, [inputs])).outputs

  /**
   * Queues a request; returns what cancels it. Throws (ModelError) what does not fit the model, before it could
   * spoil a batch.
   */
  submit(question: Question, done: (outcome: Answered) => void): () => void {
    checkInputs(this.signature, question.inputs)
    if (this.#flights !== undefined) return this.#flights.submit(question, done)
    return this.#queue(question, outcome => done({ ...outcome, cached: false }))
  }

  /** Loads the model elsewhere while it answers from where it is. Throws what loading threw: then it stays. */
  moveTo(shape: Shape): Promise<void> {
    return this.#placed.moveTo(shape)
  }

  /** After the runs under way. */
  close(): Promise<void> {
    return this.#placed.close()
  }

  #queue({ inputs, outputs, deadline, priority }: Question, done: (outcome: Outcome<Tensors>) => void) {
    const rows = this.#batches ? commonRows(inputs) : undefined
    const alone = rows === undefined || rows === 0
    return this.#batcher.add({
      input: { inputs, outputs, rows: rows ?? 1 },
      key: this.#keyOf(inputs, alone ? 0 : 1),
      alone,
      rows: rows ?? 1,
      bytes: bytesOf(inputs),
      priority,
      deadline,
      done: outcome => {
        const { kind, queueMs, computeMs } = outcome
        if (kind === 'done') this.#recorder.succeeded(queueMs + computeMs, queueMs)
        else this.#recorder.failed(queueMs + computeMs)
        done(outcome)
      },
    })
  }

  async #prepare(spec: EngineOptions): Promise<void> {
    const reference = spec.reference && tensorsOfWire(spec.reference.inputs)
    if (spec.reference && reference) holdToReference(spec, spec.reference, await this.run(reference))
    const model = { signature: this.signature, run: this.run }
    const inputs = reference ?? (await dummyInputs(model, spec.config))
    if (inputs === undefined) {
      await this.#placed.settle(undefined, undefined, undefined, false)
      return
    }
    this.#batches = await provesBatching(model, inputs)
    const row = this.#batches ? sliceAll(inputs, 0, 1) : inputs
    this.#warmKey = this.#keyOf(row, this.#batches ? 1 : 0)
    const curve = this.#batcher.curve(this.#warmKey)
    const { loadMs } = this.#placed
    const budget = loadMs === undefined ? undefined : learningBudget(loadMs)
    await learnCosts(model, row, curve, this.#batches ? undefined : 1, budget)
    const rows = this.#batches ? this.batchRows : 1
    const trial = { inputs: repeated(row, rows), rows }
    await this.#placed.settle(curve.estimate(rows), trial, row, this.#batches)
  }

  /** Shapes from axis `from` on, in the signature's order; the types are the signature's. */
  #keyOf(inputs: Tensors, from: 0 | 1): string {
    let key = ''
    for (const { name } of this.signature.inputs) {
      const { shape } = inputs[name]!
      for (let axis = from; axis < shape.length; axis++) key += `${shape[axis]},`
      key += ';'
    }
    return key
  }

  async #run(jobs: readonly Job[], slot: number): Promise<readonly Tensors[]> {
    const rows = jobs.reduce((sum, job) => sum + job.rows, 0)
    const parts = jobs.map(job => job.inputs)
    const { outputs, inputMs, inferMs, ...run } = await this.#placed.run(slot, parts, unionOf(jobs))
    const arrived = performance.now()
    const split = jobs.length === 1 ? [outputs] : splitRows(outputs, jobs, rows)
    const outputMs = run.outputMs + performance.now() - arrived
    this.#recorder.ran(rows, jobs.length, { inputMs, inferMs, outputMs })
    return split
  }
}

function splitRows(outputs: Tensors, jobs: readonly Job[], rows: number): readonly Tensors[] {
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

/** Outputs that some of the jobs want; undefined: all. */
function unionOf(jobs: readonly Job[]): readonly string[] | undefined {
  if (jobs.length === 1) return jobs[0]!.outputs
  const names = new Set<string>()
  for (const { outputs } of jobs) {
    if (outputs === undefined) return undefined
    for (const name of outputs) names.add(name)
  }
  return [...names]
}

/** What waits keeps so much memory. A string's two bytes a letter, and what an object costs. */
function bytesOf(inputs: Tensors): number {
  let bytes = 0
  for (const name in inputs) {
    const { data } = inputs[name]!
    if (isStrings(data)) for (const text of data) bytes += 2 * text.length + 16
    else bytes += data.byteLength
  }
  return bytes
}
