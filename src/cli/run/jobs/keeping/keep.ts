import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { formatSize, messageOf } from '../../../../core/index.ts'
import type { AttemptResult } from '../../engine/pipeline.ts'
import { type Attempt, fileName } from '../attempt.ts'
import type { Variables } from '../environment.ts'
import type { JobLog } from '../log.ts'
import { type KeptFiles, layKept, type Shelves } from './store.ts'

/** Of one job, what is laid out for the user to look at unasked: large models would fill the disk twice. */
const MAX_SHOWN_BYTES = 64 * 1024 * 1024

export interface Finished {
  readonly attempt: Attempt
  readonly workspace: string
  readonly env: Variables
  /** References in a text replaced by the values of the variables; without a dialect the text itself. */
  readonly expand: (text: string) => string
  readonly log: JobLog
}

/** Takes out of the workspace what others get: kept files, and variables of reports. What it lacks fails the job. */
export async function keepResults(finished: Finished, result: AttemptResult): Promise<AttemptResult> {
  const { job, scope } = finished.attempt
  const { artifacts, artifactRules } = job.plan
  if (result.outcome !== 'succeeded' && result.outcome !== 'failed') return result
  if (artifacts.length === 0 && !artifactRules) return result
  try {
    await keep(finished, result.outcome, await scope.world.shelves())
    return result
  } catch (error) {
    if (result.outcome === 'failed') return result
    finished.log.say(messageOf(error))
    return { outcome: 'failed', cause: 'other', reason: messageOf(error) }
  }
}

async function keep(
  { attempt, workspace, expand, log }: Finished,
  outcome: 'succeeded' | 'failed',
  shelves: Shelves,
): Promise<void> {
  const { collectArtifacts, readReports } = await import('../../../../runner/index.ts')
  const { scope, job } = attempt
  const { artifacts, artifactRules: rules, dialect } = job.plan
  const paths = (globs: readonly string[]) => globs.map(expand)
  const { files, reports, notes } = await collectArtifacts(
    {
      workspace,
      paths: paths(artifacts),
      outcome,
      seenAt: workspace,
      tracked: new Set(scope.world.project.tree.files),
      ...(rules && {
        rules: {
          exclude: paths(rules.exclude),
          untracked: rules.untracked,
          when: rules.when,
          reports: rules.reports.map(report => ({ kind: report.kind, paths: paths(report.paths) })),
          mayMiss: dialect !== undefined,
        },
      }),
    },
    shelves.store,
  )
  for (const note of notes) log.say(note)
  scope.kept.set(job.name, files)
  scope.world.kept.push(files)
  const found = await readReports(workspace, reports)
  for (const problem of found?.problems ?? []) log.say(problem)
  const variables = (found?.variables ?? []).map(({ name, value }) => [name, value] as const)
  if (variables.length > 0) scope.dotenv.set(job.name, Object.fromEntries(variables))
  await showKept(attempt, files, shelves, log)
}

async function showKept(
  { scope, job }: Attempt,
  files: KeptFiles,
  shelves: Shelves,
  log: JobLog,
): Promise<void> {
  const bytes = files.reduce((sum, { size }) => sum + size, 0)
  if (files.length === 0) return
  if (bytes > MAX_SHOWN_BYTES) {
    log.say(`kept for later jobs: ${formatSize(bytes)}; --keep-artifacts copies them into the working tree`)
    return
  }
  const folder = join(scope.world.folders.artifacts, fileName(job.path))
  mkdirSync(folder, { recursive: true })
  await layKept(files, shelves, folder)
}
