import { writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join, relative } from 'node:path'
import type { Plan } from '../../pipeline/index.ts'
import type { Compilation, Project } from './compile/compile.ts'
import { hasSpareMemory } from './engine/busy.ts'
import type { JobSummary, Tell } from './engine/events.ts'
import { Slots } from './engine/slots.ts'
import { earlierTimes, makeRunFolders, pruneRuns } from './folders.ts'
import { hostEnvironment } from './jobs/environment.ts'
import { executorsIn } from './jobs/executors/executors.ts'
import { programsIn } from './jobs/executors/programs.ts'
import { layKept, shelvesIn } from './jobs/keeping/store.ts'
import { shortHistoryIn } from './jobs/places/own-history.ts'
import { Places, sweepPlaces } from './jobs/places/places.ts'
import { snapshotOf } from './jobs/places/snapshot.ts'
import { runScope } from './jobs/scope.ts'
import type { RunSettings, World } from './jobs/world.ts'
import { maskOf, readSecrets } from './secrets.ts'
import { criticalPath } from './show/critical.ts'
import type { RunResult } from './show/summary.ts'

export interface RunRequest {
  readonly project: Project
  readonly compilation: Compilation
  readonly plan: Plan
  readonly settings: RunSettings
  readonly limit: number | 'auto'
  readonly secretFile?: string
  readonly passedVariables: readonly string[]
  readonly logDir?: string
  /** Copy what jobs keep into the working tree. */
  readonly keepArtifacts: boolean
  readonly tell: Tell
  /** Aborted: jobs are asked to end. */
  readonly signal: AbortSignal
  readonly kill: AbortSignal
}

/** Runs a plan on this machine, from its first job to its last. */
export async function runPlan(request: RunRequest): Promise<RunResult> {
  const { project, plan, settings, tell, signal, kill } = request
  const begun = performance.now()
  const startedAt = new Date()
  const { root } = project.tree
  const secrets = await readSecrets(request.secretFile)
  const mask = await maskOf(secrets)
  const places = new Places(await snapshotOf(project.tree), plan.jobs.length)
  const programs = programsIn(places.root)
  const earlier = await earlierTimes(root)
  const folders = makeRunFolders(root, startedAt, request.logDir)
  const world: World = {
    project,
    slots: new Slots({ limit: request.limit, cores: availableParallelism(), roomy: hasSpareMemory }),
    places,
    folders,
    shelves: shelvesIn(folders.cache),
    executors: executorsIn(folders.cache),
    shortHistory: shortHistoryIn(places.root, project.tree),
    programs,
    host: hostEnvironment(process.env, request.passedVariables),
    secrets,
    mask,
    tell,
    clock: () => performance.now() - begun,
    startedAt,
    earlier,
    kill,
    settings,
    pipelines: [],
    kept: [],
  }
  try {
    const state = await runScope({ world, path: [], compilation: request.compilation, plan, signal })
    const jobs = world.pipelines.flatMap(pipeline => pipeline.jobs.map(job => job.summary()))
    const result: RunResult = {
      state,
      jobs,
      totalMs: performance.now() - begun,
      critical: criticalPath(timed(world)),
      folder: relative(process.cwd(), folders.logs) || '.',
    }
    if (request.keepArtifacts) for (const kept of world.kept) await layKept(kept, await world.shelves(), root)
    await writeFile(join(folders.run, 'result.json'), `${JSON.stringify(result, undefined, 2)}\n`)
    await Promise.all([pruneRuns(root), sweepPlaces()])
    return result
  } finally {
    programs.shells?.close()
    places.close()
  }
}

/** With what each waited for: its needs, or else what ended last of the stages before. */
function timed({ pipelines }: World) {
  return pipelines.flatMap(({ jobs, waitedFor }) =>
    jobs
      .toSorted((a, b) => (a.startedMs ?? Infinity) - (b.startedMs ?? Infinity))
      .map(job => {
        const { durationMs }: Pick<JobSummary, 'durationMs'> = job.summary()
        return { job: job.path, ...(durationMs !== undefined && { durationMs }), before: waitedFor(job) }
      }),
  )
}
