import { constants, mkdirSync } from 'node:fs'
import { access, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { formatDuration } from '../../../core/index.ts'
import type { JobWork, Phase } from '../../../pipeline/index.ts'
import type { AttemptResult } from '../engine/pipeline.ts'
import { type Attempt, openLog, prepareWorkspace } from './attempt.ts'
import { restore, save } from './caches.ts'
import type { Variables } from './environment.ts'
import { keepResults } from './keep.ts'
import type { JobLog } from './log.ts'
import { type Ended, runCommand } from './process.ts'
import { type ShellName, scriptOf } from './shell.ts'
import { variablesOf } from './variables.ts'

type ScriptWork = Extract<JobWork, { kind: 'script' }>

/** A script as one word of a command line: Linux takes 128 KiB. */
const MAX_WORD_BYTES = 100 * 1024

export async function runScriptJob(attempt: Attempt, work: ScriptWork): Promise<AttemptResult> {
  const { scope, job } = attempt
  const place = await prepareWorkspace(attempt)
  const workspace = join(place, 'workspace')
  const env = await variablesOf(attempt, place)
  const log = openLog(attempt, [])
  try {
    const finished = { attempt, workspace, env, log }
    await restore(finished)
    const result = await runPhases({ ...finished, place }, work)
    await save(finished, result.outcome)
    return await keepResults(finished, result)
  } finally {
    log.end()
    scope.world.places.prepare()
    scope.world.places.done(place)
    job.log = log.path
  }
}

interface Running {
  readonly attempt: Attempt
  readonly place: string
  readonly workspace: string
  readonly env: Variables
  readonly log: JobLog
}

/** One phase after the other; the first that fails decides, and those that always run still do. */
async function runPhases(running: Running, { shell, phases }: ScriptWork): Promise<AttemptResult> {
  const { attempt, log } = running
  const deadline = performance.now() + attempt.job.plan.timeout
  let result: AttemptResult = { outcome: 'succeeded' }
  for (const [n, phase] of phases.entries()) {
    if (phase.steps.length === 0 || !isDue(phase, result)) continue
    const left = Math.max(1, Math.min(deadline - performance.now(), phase.timeout ?? Infinity))
    const ended = await runPhase(running, await programOf(shell), phase, n, left)
    const failed = failureOf(ended, phase, attempt.job.plan.timeout)
    if (failed?.reason !== undefined && ended.kind !== 'exit') log.say(failed.reason)
    if (failed && phase.result !== 'ignored' && result.outcome === 'succeeded') result = failed
    if (ended.kind === 'canceled') return { outcome: 'canceled', reason: 'the run was stopped' }
  }
  return result
}

function isDue({ when }: Phase, { outcome }: AttemptResult): boolean {
  return when === 'always' || (when === 'success') === (outcome === 'succeeded')
}

async function runPhase(
  { attempt, place, workspace, env, log }: Running,
  [program, shell]: readonly [string, ShellName],
  phase: Phase,
  n: number,
  timeout: number,
): Promise<Ended> {
  const { signal, started, scope } = attempt
  const script = scriptOf(shell, phase, env['CI_DEBUG_TRACE'] === 'true')
  return runCommand({
    command: [program, ...(await wordsOf(script, place, n))],
    folder: workspace,
    env,
    output: bytes => log.write(bytes),
    started: pid => {
      started(pid)
      // While it runs there is time to lay out what comes next.
      setImmediate(() => scope.world.places.prepare())
    },
    signal,
    kill: scope.world.kill,
    timeout,
  })
}

async function wordsOf(script: string, place: string, n: number): Promise<readonly string[]> {
  if (Buffer.byteLength(script) <= MAX_WORD_BYTES) return ['-c', script]
  mkdirSync(join(place, 'given'), { recursive: true })
  const file = join(place, 'given', `${n}.sh`)
  await writeFile(file, script, { mode: 0o600 })
  return [file]
}

function failureOf(ended: Ended, { name, result }: Phase, timeout: number): AttemptResult | undefined {
  const outcome = result === 'errored' ? 'errored' : 'failed'
  switch (ended.kind) {
    case 'exit':
      if (ended.code === 0) return undefined
      return {
        outcome,
        exitCode: ended.code,
        cause: 'script',
        reason: ended.signal
          ? `${name} was ended by ${ended.signal}`
          : `${name} ended with exit code ${ended.code}`,
      }
    case 'timeout':
      return { outcome, cause: 'timeout', reason: `it took longer than ${formatDuration(timeout)}` }
    case 'canceled':
      return { outcome: 'canceled' }
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
