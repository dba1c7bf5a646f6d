import type { Milliseconds } from '../../../core/index.ts'

/** Where a model runs. */
export type Shape =
  /** In the replica's own loop. */
  | { readonly kind: 'loop' }
  /** In threads beside it: `lanes` of them, each with the model and `threads` within one run. */
  | { readonly kind: 'lanes'; readonly lanes: number; readonly threads: number }

/** A run of this long in the loop is not felt; the way to a thread and back costs a tenth of it. */
export const IN_LOOP_MS: Milliseconds = 1
/** In the loop already: it stays until runs take clearly longer than that. */
const LEAVE_LOOP_MS: Milliseconds = 2
/** Of runs so long, some are enough to leave it at once. */
export const HEAVY_MS: Milliseconds = 25
export const HEAVY_RUNS = 3
/** Runs before they say something. */
const ENOUGH_RUNS = 20
/** Windows in a row that must say the same before a lane more or less works. */
const LANE_WINDOWS = 2
/** … before the model is loaded anew with other threads. */
const RELOAD_WINDOWS = 4
/** More lanes instead of more threads must win this much: they cost the model's memory again. */
const LEAST_WIN = 1.1

export interface Budget {
  /** Processors that may be used at the same time. */
  readonly processors: number
  /** Within one run, where someone chose it. */
  readonly threads: number | undefined
  /** Models that fit in memory beside each other. */
  readonly models: number
}

/** Shapes that are worth trying, the frugal first. */
export function candidates({ processors, threads, models }: Budget): readonly (Shape & { kind: 'lanes' })[] {
  const lanesOf = (wanted: number) => Math.max(1, Math.min(models, Math.floor(wanted)))
  if (threads !== undefined) return [{ kind: 'lanes', lanes: lanesOf(processors / threads), threads }]
  if (processors <= 1) return [{ kind: 'lanes', lanes: 1, threads: 1 }]
  const parallel = lanesOf(processors)
  const one = { kind: 'lanes', lanes: 1, threads: processors } as const
  return parallel === 1 ? [one] : [one, { kind: 'lanes', lanes: parallel, threads: 1 }]
}

/** The one to take, by rows a second of each candidate. */
export function best<Candidate>(tried: readonly { shape: Candidate; rate: number }[]): Candidate | undefined {
  let chosen = tried[0]
  for (const each of tried.slice(1)) {
    if (chosen !== undefined && each.rate > chosen.rate * LEAST_WIN) chosen = each
  }
  return chosen?.shape
}

/**
 * Models of `bytes` that may be loaded: together they take up to half of what memory is free; the one that is there
 * already counts.
 */
export function modelsThatFit(bytes: number, freeBytes: number): number {
  return 1 + Math.max(0, Math.floor(freeBytes / 2 / Math.max(1, bytes)))
}

/** What one window of time showed. */
export interface Window {
  readonly runs: number
  /** For which a run kept the loop busy. */
  readonly meanMs: Milliseconds
  /** Processors that could be used; undefined where nobody knows. */
  readonly usable: number | undefined
}

export type Retuning =
  | { readonly kind: 'stay' }
  /** So many of the lanes work from now on. */
  | { readonly kind: 'use'; readonly lanes: number }
  | { readonly kind: 'reload'; readonly shape: Shape & { readonly kind: 'lanes' } }

/** Looks at window after window, and says when the shape should change: late and by little, so that it never swings. */
export class Tuner {
  #lower = 0
  #higher = 0

  /** `active`: lanes that work now, of the shape's. */
  look(shape: Shape, active: number, window: Window, fixedThreads: boolean): Retuning {
    if (window.runs === 0) return { kind: 'stay' }
    if (shape.kind === 'loop') {
      const heavy = window.runs >= ENOUGH_RUNS && window.meanMs > LEAVE_LOOP_MS
      return heavy ? { kind: 'reload', shape: { kind: 'lanes', lanes: 1, threads: 1 } } : { kind: 'stay' }
    }
    if (window.usable === undefined) return { kind: 'stay' }
    return shape.lanes > 1
      ? this.#lanes(shape.lanes, shape.threads, active, window.usable)
      : this.#threads(shape.threads, window.usable, fixedThreads)
  }

  #lanes(lanes: number, threads: number, active: number, usable: number): Retuning {
    const wanted = Math.max(1, Math.min(lanes, Math.floor(usable / threads)))
    const windows = this.#count(wanted, active)
    if (windows < LANE_WINDOWS) return { kind: 'stay' }
    this.#lower = this.#higher = 0
    return { kind: 'use', lanes: active + Math.sign(wanted - active) }
  }

  /** Threads of a run are chosen when the model is loaded: only half as many or twice as many are worth that. */
  #threads(threads: number, usable: number, fixed: boolean): Retuning {
    const far = usable <= threads / 2 || usable >= threads * 2
    const windows = this.#count(usable, threads)
    if (fixed || !far || windows < RELOAD_WINDOWS) return { kind: 'stay' }
    this.#lower = this.#higher = 0
    return { kind: 'reload', shape: { kind: 'lanes', lanes: 1, threads: usable } }
  }

  #count(wanted: number, is: number): number {
    this.#lower = wanted < is ? this.#lower + 1 : 0
    this.#higher = wanted > is ? this.#higher + 1 : 0
    return Math.max(this.#lower, this.#higher)
  }
}
