import { join } from 'node:path'
import { coverageIn, type JobWork, type PlannedJob } from '../../../pipeline/index.ts'
import type { AttemptResult } from '../engine/pipeline.ts'
import { type Attempt, openLog, prepareWorkspace } from './attempt.ts'
import { coverageOfLog } from './coverage.ts'
import { runConfined } from './executors/confined.ts'
import { machineFor } from './executors/machine.ts'
import { restore, save } from './keeping/caches.ts'
import { keepResults } from './keeping/keep.ts'
import { runPhases } from './shell/phases.ts'
import { type JobVariables, onThisMachine, variablesOf } from './variables.ts'

type ScriptWork = Extract<JobWork, { kind: 'script' }>

/** One try of a job's script: from an empty folder to what it leaves for others. */
export async function runScriptJob(attempt: Attempt, work: ScriptWork): Promise<AttemptResult> {
  const { scope, job } = attempt
  const { places, host } = scope.world
  const begun = Date.now()
  const variables = variablesOf(attempt)
  const taken = await prepareWorkspace(attempt, wantsSource(job.plan, variables))
  const place = taken.path
  const log = openLog(attempt, place)
  const workspace = join(place, 'workspace')
  try {
    const env = await onThisMachine(variables, host, place)
    const { dialect } = scope
    const expand = (text: string): string => dialect?.expandText(text, env) ?? text
    const finished = { attempt, workspace, env, expand, log }
    await restore(finished)
    const machine = await machineFor(job.plan, work, scope.world)
    for (const note of machine.notes) log.say(note)
    const { executor, inImage, refusal } = machine
    if (refusal !== undefined) return { outcome: 'errored', cause: 'setup', reason: refusal }
    const { shells } = scope.world.programs
    const result = executor
      ? await runConfined({ ...finished, place, variables, executor, inImage }, work)
      : await runPhases({ ...finished, place, shells: shells! }, work)
    await save(finished, result.outcome)
    if (job.plan.coverage !== undefined) job.coverage = coverageIn(log.tail(), job.plan.coverage)
    return await keepResults(finished, result)
  } finally {
    log.end()
    const { coverage } = job.plan
    job.coverage = coverage === undefined ? undefined : await coverageOfLog(log.path, coverage)
    places.done(taken, begun)
  }
}

/** A job of GitLab may ask for none of the commit's files. */
function wantsSource({ dialect }: PlannedJob, { own }: JobVariables): boolean {
  return dialect !== 'gitlab' || !['none', 'empty'].includes(own['GIT_STRATEGY'] ?? '')
}
