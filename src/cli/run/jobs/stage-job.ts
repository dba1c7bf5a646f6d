import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StageKind } from '../../../pipeline/index.ts'
import type { StageInputFile } from '../../../runner/index.ts'
import type { AttemptResult } from '../engine/pipeline.ts'
import { type Attempt, openLog, prepareWorkspace } from './attempt.ts'
import { keepResults } from './keeping/keep.ts'
import { runCommand } from './shell/process.ts'

/** Where stages hand evidence on to each other, in the workspace. */
const HANDOVER = '.ballast'

/** One of Ballast's own stages, by the same command as on a runner. */
export async function runStageJob(attempt: Attempt, stage: StageKind): Promise<AttemptResult> {
  const { scope, job, signal, started } = attempt
  const { world } = scope
  const begun = Date.now()
  const taken = await prepareWorkspace(attempt)
  const place = taken.path
  const workspace = join(place, 'workspace')
  const log = openLog(attempt, place)
  const [input, output] = [join(place, 'input.json'), join(place, 'result.json')]
  await mkdir(join(workspace, HANDOVER), { recursive: true })
  await writeFile(input, JSON.stringify(inputOf(attempt, stage, workspace)))
  try {
    const ended = await runCommand({
      command: [...world.settings.entry, 'stage', stage, '--input', input, '--output', output],
      folder: workspace,
      env: world.host,
      output: bytes => log.write(bytes),
      started,
      signal,
      kill: world.kill,
      timeout: job.plan.timeout,
    })
    if (ended.kind === 'canceled') return { outcome: 'canceled', reason: 'the run was stopped' }
    if (ended.kind === 'timeout') return { outcome: 'failed', cause: 'timeout', reason: 'it took too long' }
    if (ended.kind === 'unstarted') return { outcome: 'errored', cause: 'setup', reason: ended.reason }
    const result = await verdictIn(output, ended.code)
    return await keepResults({ attempt, workspace, env: world.host, expand: text => text, log }, result)
  } finally {
    log.end()
    world.places.done(taken, begun)
  }
}

function inputOf({ scope }: Attempt, stage: StageKind, workspace: string): StageInputFile {
  const { project, trigger } = scope.world.project
  return {
    stage,
    project: project.name,
    commit: trigger.commit,
    config: scope.compilation.repository,
    policyGates: [],
    workspace,
  }
}

/** What it could not decide on is a person's to decide, and here there is nobody to ask: it does not pass. */
async function verdictIn(file: string, code: number): Promise<AttemptResult> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined || code !== 0)
    return {
      outcome: 'errored',
      exitCode: code,
      reason: `the stage ended with exit code ${code} and no result`,
    }
  const { stageResultSchema } = await import('../../../api/index.ts')
  const { verdict, summary } = stageResultSchema.parse(JSON.parse(text))
  const reason = summary[0]
  const outcome = verdict === 'passed' || verdict === 'not applicable' ? 'succeeded' : 'failed'
  return { outcome, ...(reason !== undefined && { reason }) }
}
