import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { RunnerOptions } from '../../../src/runner/index.ts'
import { RUNNER_TOKEN } from './control-plane.ts'

const SCRIPT = join(import.meta.dirname, 'runner-process.ts')

/** Runners in processes of their own, so that a test can kill them. */
export class RunnerProcesses {
  readonly #options: object
  readonly #started: ChildProcess[] = []

  /** `options` are what they share. */
  constructor(options: Partial<RunnerOptions> & Pick<RunnerOptions, 'serverUrl' | 'dataDir'>) {
    this.#options = options
  }

  /** Starts one without a sandbox for four jobs at once, unless told otherwise; resolves when it leases. */
  async start(change: object = {}): Promise<ChildProcess> {
    const options = {
      token: RUNNER_TOKEN,
      name: 'test',
      concurrency: 4,
      sandbox: 'none',
      entry: { node: process.execPath, script: SCRIPT },
      graceMs: 0,
      ...this.#options,
      ...change,
    }
    const args = [SCRIPT, JSON.stringify(options)]
    const runner = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#started.push(runner)
    await once(runner.stdout!, 'data')
    return runner
  }

  async end(runner: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (runner.exitCode !== null || runner.signalCode !== null) return
    const exit = once(runner, 'exit')
    runner.kill(signal)
    await exit
  }

  async stop(): Promise<void> {
    for (const runner of this.#started) await this.end(runner, 'SIGTERM')
  }
}
