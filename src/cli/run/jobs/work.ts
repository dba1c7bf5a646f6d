import type { Work } from '../engine/pipeline.ts'
import { runScriptJob } from './script-job.ts'
import { runStageJob } from './stage-job.ts'
import { runTriggerJob } from './trigger-job.ts'
import type { PipelineScope } from './world.ts'

/** How the jobs of one pipeline are done: in a place of their own, once one is free. */
export function workOf(scope: PipelineScope): Work {
  const { slots } = scope.world
  return async (job, begun, signal) => {
    const { work } = job.plan
    if (work.kind === 'deploy') return { outcome: 'errored', reason: 'only on a server' }
    const [elsewhere] = job.plan.inputsElsewhere ?? []
    if (elsewhere)
      return {
        outcome: 'errored',
        reason: `what '${elsewhere.job}' of another pipeline has kept is only on a server`,
      }
    if (work.kind === 'trigger') {
      begun()
      return runTriggerJob(scope, job, work, signal)
    }
    const slot = await slots.take(scope.priorities.get(job.name) ?? 0, signal)
    try {
      begun()
      const attempt = { scope, job, signal, slot: slot.number, started: (pid: number) => slot.runs(pid) }
      if (work.kind === 'stage') return await runStageJob(attempt, work.stage)
      return await runScriptJob(attempt, work)
    } finally {
      slot.free()
    }
  }
}
