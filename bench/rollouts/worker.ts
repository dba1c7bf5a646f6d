/** Runs of one kind of stream in a thread of their own: `workerData` says which, each job's ends come back as a message. */
import { parentPort, workerData } from 'node:worker_threads'
import type { StreamKind } from '../../src/rollout/index.ts'
import { type Ends, runOnce } from './run.ts'
import type { Harm } from './scenarios.ts'

export interface Job {
  readonly harm: Harm
  readonly runs: number
  /** Seed of the first. */
  readonly from: number
  readonly withPeers: boolean
}
export interface Work {
  readonly kind: StreamKind
  readonly jobs: readonly Job[]
}

const { kind, jobs } = workerData as Work
for (const { harm, runs, from, withPeers } of jobs) {
  const ends: Ends[] = []
  for (let i = 0; i < runs; i++) ends.push(runOnce(harm, kind, from + i, withPeers))
  parentPort?.postMessage(ends)
}
