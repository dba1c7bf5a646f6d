import { stat } from 'node:fs/promises'
import { createLogger, type Logger, type Milliseconds, messageOf, type Tensors } from '../../../core/index.ts'
import type { ModelSignature } from '../../../model/index.ts'
import { type LaneRun, LaneSet, type OpenLane, openLoopLane, openThreadLane } from '../lanes/index.ts'
import { type CpuTimes, readCpuTimes, sampleOf, usable } from './free-cpu.ts'
import { change, openWarm, settle, type Trial } from './settle.ts'
import { HEAVY_MS, HEAVY_RUNS, IN_LOOP_MS, modelsThatFit, type Shape, Tuner } from './shape.ts'

/** A file up to here is loaded in the loop first: most small models stay there. */
const LOOP_FIRST_BYTES: number = 16 * 2 ** 20
const WINDOW_MS: Milliseconds = 15_000
const ONE_LANE: Shape = { kind: 'lanes', lanes: 1, threads: 1 }

export interface PlacementOptions {
  /** The ONNX file. */
  readonly modelPath: string
  /** Processors that this model may use; default 1. */
  readonly threads?: number | undefined
  /** Within one run, where someone chose it. */
  readonly threadsOfRun?: number | undefined
  /** Told when other lanes work than before. `blocking`: they keep this thread busy. */
  readonly onLanes: (lanes: number, blocking: boolean) => void
}

/**
 * A model where it runs best: in this loop where its runs are short, else in lanes beside it, as many and with as
 * many threads as what processors and memory are free makes worthwhile. Looks again now and then.
 */
export class Placed {
  readonly #options: PlacementOptions
  readonly #open: OpenLane
  readonly #logger: Logger = createLogger('engine')
  readonly #tuner = new Tuner()
  #set: LaneSet
  /** Lanes of the set that work. */
  #active: number
  /** How long the first load took, where the file is a large one. */
  readonly loadMs: Milliseconds | undefined
  /** Resident memory before the first lane, and what it grew by with it: a lane's. */
  readonly #bytesBefore: number
  #laneBytes = 1
  readonly #openedAt: CpuTimes
  #windowFrom: CpuTimes
  #runs = 0
  #busyMs = 0
  #heavy = 0
  /** What new lanes are warmed with. */
  #warm: Tensors | undefined
  #timer: NodeJS.Timeout | undefined
  #changing: Promise<void> | undefined
  #independent = false

  private constructor(
    options: PlacementOptions,
    set: LaneSet,
    open: OpenLane,
    before: { readonly bytes: number; readonly at: CpuTimes; readonly loadMs: Milliseconds | undefined },
  ) {
    const { bytes, at } = before
    this.loadMs = before.loadMs
    this.#options = options
    this.#set = set
    this.#open = open
    this.#active = set.size
    this.#bytesBefore = bytes
    this.#openedAt = at
    this.#windowFrom = at
  }

  /** Loads the model once, somewhere. Throws what loading threw. */
  static async open(options: PlacementOptions): Promise<Placed> {
    const at = readCpuTimes()
    const before = process.memoryUsage.rss()
    const { modelPath } = options
    const open: OpenLane = (shape, onLost) =>
      shape.kind === 'loop'
        ? openLoopLane({ modelPath, threads: 1 })
        : openThreadLane({ modelPath, threads: shape.threads }, onLost)
    const fileBytes = await stat(modelPath).then(
      ({ size }) => size,
      () => 0,
    )
    const isLarge = fileBytes > LOOP_FIRST_BYTES
    const started = performance.now()
    const set = await LaneSet.open(isLarge ? ONE_LANE : { kind: 'loop' }, open)
    const loadMs = isLarge ? performance.now() - started : undefined
    const placed = new Placed(options, set, open, { bytes: before, at, loadMs })
    options.onLanes(set.size, set.shape.kind === 'loop')
    return placed
  }

  get signature(): ModelSignature {
    return this.#set.first.signature
  }

  get shape(): Shape {
    return this.#set.shape
  }

  /** Throws ModelError. */
  async run(slot: number, parts: readonly Tensors[], outputs?: readonly string[]): Promise<LaneRun> {
    const run = await this.#set.run(slot, parts, outputs)
    this.#runs++
    this.#busyMs += run.cpuMs
    if (run.cpuMs > HEAVY_MS && ++this.#heavy === HEAVY_RUNS && this.#timer !== undefined) this.#leaveLoop()
    return run
  }

  /**
   * Finds the model its place, by what a run of the largest worthwhile batch takes (undefined: nobody knows), and
   * begins to look after it. `warm`: one row. `independent`: rows do not depend on each other.
   */
  async settle(
    runMs: Milliseconds | undefined,
    trial: Trial | undefined,
    warm: Tensors | undefined,
    independent: boolean,
  ): Promise<void> {
    this.#laneBytes = Math.max(1, process.memoryUsage.rss() - this.#bytesBefore)
    this.#warm = warm
    this.#independent = independent
    const inLoop = runMs !== undefined && runMs <= IN_LOOP_MS
    const limit = Math.max(this.#options.threads ?? 1, this.#options.threadsOfRun ?? 1)
    const budget = {
      processors: usable(sampleOf(this.#openedAt, readCpuTimes()), limit),
      threads: this.#options.threadsOfRun,
      models: modelsThatFit(this.#laneBytes, process.availableMemory()),
    }
    const set = inLoop
      ? await change(this.#set, { kind: 'loop' }, trial, this.#open)
      : await settle(this.#set, budget, trial, this.#open)
    this.#take(set)
    this.#windowFrom = readCpuTimes()
    this.#timer = setInterval(() => this.#look(limit), WINDOW_MS)
    // It serves nobody by itself.
    this.#timer.unref()
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#changing
    await this.#set.close()
  }

  #take(set: LaneSet): void {
    this.#set = set
    this.#active = set.size
    for (const lane of set.lanes)
      if ('rowsAreIndependent' in lane) lane.rowsAreIndependent = this.#independent
    this.#options.onLanes(this.#active, set.shape.kind === 'loop')
  }

  #look(limit: number): void {
    const now = readCpuTimes()
    const sample = sampleOf(this.#windowFrom, now)
    const window = {
      runs: this.#runs,
      meanMs: this.#busyMs / Math.max(1, this.#runs),
      usable: sample && usable(sample, limit),
    }
    this.#windowFrom = now
    this.#runs = this.#busyMs = this.#heavy = 0
    if (this.#changing !== undefined) return
    const next = this.#tuner.look(this.shape, this.#active, window, this.#options.threadsOfRun !== undefined)
    if (next.kind === 'use') {
      this.#active = next.lanes
      this.#options.onLanes(next.lanes, false)
    } else if (next.kind === 'reload') this.#reload(next.shape)
  }

  /** Beside what runs: whoever asks meanwhile is answered by the lanes of before. Throws what loading threw. */
  async moveTo(shape: Shape): Promise<void> {
    const before = this.#set
    this.#take(await openWarm(shape, this.#warm, this.#open))
    await before.close()
  }

  #leaveLoop(): void {
    if (this.shape.kind === 'loop' && this.#changing === undefined) this.#reload(ONE_LANE)
  }

  /** Only where two of it fit: for a moment both are there. */
  #reload(shape: Shape): void {
    if (modelsThatFit(this.#laneBytes, process.availableMemory()) < 2) return
    this.#changing = this.moveTo(shape)
      .then(() => this.#logger.info({ shape }, 'the model runs at another place now'))
      .catch(error => this.#logger.warn({ reason: messageOf(error) }, 'the model could not be loaded anew'))
      .finally(() => {
        this.#changing = undefined
      })
  }
}
