import { constants, mkdirSync } from 'node:fs'
import { access, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { formatDuration } from '../../../core/index.ts'
import type { JobWork, Phase } from '../../../pipeline/index.ts'
import type { AttemptResult } from '../engine/pipeline.ts'
import type { Finished } from './keep.ts'
import { type Ended, runCommand } from './process.ts'
import { type ShellName, scriptOf } from './shell.ts'

/** A script as one word of a command line: Linux takes 128 KiB. */
const MAX_WORD_BYTES = 100 * 1024

interface Running extends Finished {
  readonly place: string
}

/**
 * One phase after the other on this machine, each a process of its own. The first that fails decides; those that
 * always run still do, also of a job that was canceled.
 */
export async function runPhases(
  running: Running,
  { shell, phases }: Extract<JobWork, { kind: 'script' }>,
): Promise<AttemptResult> {
  const { attempt, log } = running
  const { timeout } = attempt.job.plan
  const deadline = performance.now() + timeout
  let result: AttemptResult = { outcome: 'succeeded' }
  for (const [n, phase] of phases.entries()) {
    if (phase.steps.length === 0 || !isDue(phase, result)) continue
    const left = Math.min(deadline - performance.now(), phase.timeout ?? Number.POSITIVE_INFINITY)
    if (left <= 0) break
    const ended = await runPhase(
      running,
      { phase, n, left, status: STATUS[result.outcome] },
      await programOf(shell),
    )
    const failed = failureOf(ended, phase, phase.timeout ?? timeout)
    if (failed?.reason !== undefined && ended.kind !== 'exit') log.say(failed.reason)
    if (failed && phase.result !== 'ignored' && result.outcome === 'succeeded') result = failed
  }
  return result
}

/** By GitLab's names. */
const STATUS = { succeeded: 'success', failed: 'failed', errored: 'failed', canceled: 'canceled' } as const

function isDue({ when }: Phase, { outcome }: AttemptResult): boolean {
  if (when === 'always') return true
  return outcome !== 'canceled' && (when === 'success') === (outcome === 'succeeded')
}

interface Turn {
  readonly phase: Phase
  readonly n: number
  readonly left: number
  readonly status: string
}

async function runPhase(
  { attempt, place, workspace, env, log }: Running,
  { phase, n, left, status }: Turn,
  [program, shell]: readonly [string, ShellName],
): Promise<Ended> {
  const { signal, started, scope } = attempt
  const script = scriptOf(shell, phase, env['CI_DEBUG_TRACE'] === 'true')
  const { kill, places } = scope.world
  return runCommand({
    command: [program, ...(await wordsOf(script, place, n))],
    folder: workspace,
    env: phase.when === 'success' ? env : { ...env, CI_JOB_STATUS: status },
    output: bytes => log.write(bytes),
    started: pid => {
      started(pid)
      // While it runs there is time to lay out what comes next.
      setImmediate(() => places.prepare())
    },
    signal: status === 'canceled' ? kill : signal,
    kill,
    timeout: left,
  })
}

async function wordsOf(script: string, place: string, n: number): Promise<readonly string[]> {
  if (Buffer.byteLength(script) <= MAX_WORD_BYTES) return ['-c', script]
  mkdirSync(join(place, 'given'), { recursive: true })
  const file = join(place, 'given', `${n}.sh`)
  await writeFile(file, script, { mode: 0o600 })
  return [file]
}

function failureOf(ended: Ended, { name, result }: Phase, limit: number): AttemptResult | undefined {
  const outcome = result === 'errored' ? 'errored' : 'failed'
  switch (ended.kind) {
    case 'exit': {
      if (ended.code === 0) return undefined
      const how = ended.signal ? `ended by ${ended.signal}` : `exit code ${ended.code}`
      const reason = name === 'script' || name === 'run' ? how : `${name}: ${how}`
      return { outcome, exitCode: ended.code, cause: 'script', reason }
    }
    case 'timeout':
      return { outcome, cause: 'timeout', reason: `it ran longer than its limit of ${formatDuration(limit)}` }
    case 'canceled':
      return { outcome: 'canceled', reason: 'the run was stopped' }
    case 'unstarted':
      return { outcome: 'errored', cause: 'setup', reason: `it could not be started: ${ended.reason}` }
  }
}

const BASH: readonly string[] = ['/bin/bash', '/usr/bin/bash', '/usr/local/bin/bash']
let bash: Promise<string | undefined> | undefined

/** bash where there is one, else sh. */
async function programOf(shell: ShellName): Promise<readonly [string, ShellName]> {
  if (shell === 'sh') return ['/bin/sh', 'sh']
  bash ??= findBash()
  const found = await bash
  return found === undefined ? ['/bin/sh', 'sh'] : [found, 'bash']
}

async function findBash(): Promise<string | undefined> {
  for (const path of BASH) {
    const works = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (works) return path
  }
  return undefined
}
