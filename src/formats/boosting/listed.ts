import type { TensorInfo } from '../types.ts'
import { BYTES, type Run } from './run.ts'

/** An array of a model as a tensor of one axis. */
export interface ListedRun {
  readonly info: TensorInfo
  readonly run: Run
}

/** `learnt` arrays count as parameters; others say where trees lead, or how they came about. */
export function listRun(name: string, run: Run, learnt: boolean): ListedRun {
  const stored = run.form === 'text' ? ['text'] : run.form === 'tagged' ? ['tagged'] : ['big-endian']
  return {
    run,
    info: {
      name,
      dtype: run.dtype,
      shape: [run.count],
      elements: run.count,
      bytes: run.count * BYTES[run.dtype],
      stored,
      role: learnt ? 'parameter' : 'data',
    },
  }
}

/** For a description without the trees. */
export function untold(trees: number): string {
  return `the arrays of its ${trees} trees are told when they are asked for: that reads the whole file`
}
