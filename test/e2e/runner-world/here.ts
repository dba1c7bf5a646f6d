import { join } from 'node:path'
import { type RunnerOptions, runRunner } from '../../../src/runner/index.ts'

type Given = Pick<RunnerOptions, 'serverUrl' | 'token' | 'dataDir'> & Partial<RunnerOptions>

/** A runner in this process. */
export interface RunnerHere {
  /** Resolves once leasing has begun; rejects when it can't. */
  readonly ready: Promise<unknown>
  /** Settles when it has ended. */
  readonly ended: Promise<void>
  stop(): Promise<void>
}

/** Starts one without a sandbox for two jobs at once, unless told otherwise. */
export function runnerHere(given: Given): RunnerHere {
  const abort = new AbortController()
  const leases = Promise.withResolvers<unknown>()
  const running = runRunner({
    name: 'test',
    concurrency: 2,
    sandbox: 'none',
    entry: { node: process.execPath, script: join(import.meta.dirname, 'stage.ts') },
    signal: abort.signal,
    graceMs: 0,
    onReady: leases.resolve,
    ...given,
  })
  const ready = Promise.race([leases.promise, running])
  ready.catch(() => undefined)
  return {
    ready,
    ended: running,
    async stop() {
      abort.abort()
      await running
    },
  }
}
