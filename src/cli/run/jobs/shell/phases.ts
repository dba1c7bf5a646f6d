import { mkdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { constants } from 'node:os'
import { join } from 'node:path'
import { formatDuration } from '../../../../core/index.ts'
import type { JobWork, Phase } from '../../../../pipeline/index.ts'
import type { AttemptResult } from '../../engine/pipeline.ts'
import type { Finished } from '../keeping/keep.ts'
import { type ShellName, scriptOf } from './shell.ts'
import { runInShell, type ShellEnded } from './shell-job.ts'
import type { Shells } from './shells.ts'

/** A script as one word of a command line: Linux takes 128 KiB. */
const MAX_WORD_BYTES = 100 * 1024

interface Running extends Finished {
  readonly place: string
  readonly shells: Shells
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
    const ended = await runPhase(running, { phase, n, left, status: STATUS[result.outcome] }, shell)
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
  { attempt, place, workspace, env, log, shells }: Running,
  { phase, n, left, status }: Turn,
  shell: ShellName,
): Promise<ShellEnded> {
  const { signal, started, scope } = attempt
  const script = scriptOf(shell, phase, env['CI_DEBUG_TRACE'] === 'true')
  const { kill, places, programs } = scope.world
  return runInShell({
    shells,
    command: [shell === 'sh' ? '/bin/sh' : programs.bash!, ...(await wordsOf(script, place, n))],
    folder: workspace,
    env: { ...env, CI_JOB_STATUS: phase.when === 'success' ? 'running' : status },
    log: log.raw,
    started: pid => {
      started(pid)
      // While it runs there is time to lay out what comes next.
      setImmediate(() => places.prepare())
    },
    look: () => log.look(),
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

function failureOf(ended: ShellEnded, { name, result }: Phase, limit: number): AttemptResult | undefined {
  const outcome = result === 'errored' ? 'errored' : 'failed'
  switch (ended.kind) {
    case 'exit': {
      if (ended.code === 0) return undefined
      const how = signalOf(ended.code) ?? `exit code ${ended.code}`
      const reason = name === 'script' || name === 'run' ? how : `${name}: ${how}`
      return { outcome, exitCode: ended.code, cause: 'script', reason }
    }
    case 'timeout':
      return { outcome, cause: 'timeout', reason: `it ran longer than its limit of ${formatDuration(limit)}` }
    case 'output':
      return { outcome, cause: 'script', reason: 'it wrote more than a log may hold' }
    case 'canceled':
      return { outcome: 'canceled', reason: 'the run was stopped' }
    case 'unstarted':
      return { outcome: 'errored', cause: 'setup', reason: `it could not be started: ${ended.reason}` }
  }
}

/** What a shell's status above 128 stands for. */
function signalOf(code: number): string | undefined {
  const name = Object.entries(constants.signals).find(([, number]) => number === code - 128)?.[0]
  return name && `ended by ${name} (exit code ${code})`
}
