import { readdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import {
  type Compilation,
  compileProject,
  openProject,
  type Project,
} from '../../src/cli/run/compile/compile.ts'
import type { JobSummary, RunEvent } from '../../src/cli/run/engine/events.ts'
import { runPlan } from '../../src/cli/run/run.ts'
import { selectJobs } from '../../src/cli/run/select.ts'
import type { RunResult } from '../../src/cli/run/show/summary.ts'
import type { Plan } from '../../src/pipeline/index.ts'
import { checkOut } from './corpus.ts'
import { DEFAULT_FILE } from './gitlab/cases.ts'
import type { Case } from './gitlab/types.ts'

/** A case in a repository of its own. */
export interface Compiled {
  readonly root: string
  readonly project: Project
  readonly compilation: Compilation
}

/** A case of a folder of cases. */
export async function withCase<T>(
  cases: string,
  { folder, file = DEFAULT_FILE, occasion = {} }: Case,
  use: (compiled: Compiled) => Promise<T>,
): Promise<T> {
  const { branch, manual: _manual, runs: _runs, projectPath, ...options } = occasion
  const root = checkOut(join(cases, folder), branch)
  try {
    const project = await openProject({
      project: 'conformance/project',
      ...options,
      ...(projectPath && {
        projectPath: projectPath.map(pair =>
          pair.replace(/=.*/, found => `=${resolve(root, found.slice(1))}`),
        ),
      }),
      folder: root,
    })
    return await use({ root, project, compilation: await compileProject(project, join(root, file)) })
  } finally {
    rmSync(root, { recursive: true, force: true, maxRetries: 3 })
  }
}

export interface Ran {
  readonly result: RunResult
  readonly jobs: ReadonlyMap<string, JobSummary>
  /** Lines of each job's log. */
  readonly logs: ReadonlyMap<string, readonly string[]>
  /** Names of jobs that had ended when this one started. */
  readonly endedBefore: ReadonlyMap<string, ReadonlySet<string>>
  /** Paths of files that the jobs kept. */
  readonly kept: readonly string[]
}

/** Runs these jobs of a plan as `ballast run --no-image` does; GitLab's shell executor leaves images alone too. */
export async function runJobs(
  { root, project, compilation }: Compiled,
  plan: Plan,
  names: readonly string[],
  manual: readonly string[],
): Promise<Ran> {
  const before = new Set(filesIn(root))
  const events: RunEvent[] = []
  const result = await runPlan({
    project,
    compilation,
    plan: selectJobs(plan, { jobs: names, withNeeds: false }),
    limit: 'auto',
    settings: {
      noImage: true,
      sandbox: 'none',
      delays: false,
      plays: job => manual.includes(job),
      entry: [],
    },
    passedVariables: [],
    keepArtifacts: true,
    tell: event => void events.push(event),
    signal: new AbortController().signal,
    kill: new AbortController().signal,
  })
  return {
    result,
    jobs: new Map(result.jobs.map(job => [job.job, job])),
    ...told(events),
    kept: filesIn(root).filter(path => !before.has(path)),
  }
}

function told(events: readonly RunEvent[]): Pick<Ran, 'logs' | 'endedBefore'> {
  const logs = new Map<string, string[]>()
  const endedBefore = new Map<string, ReadonlySet<string>>()
  const ended = new Set<string>()
  for (const event of events) {
    if (event.kind === 'job-started') endedBefore.set(event.job, new Set(ended))
    if (event.kind === 'job-ended') ended.add(event.job.job)
    if (event.kind === 'job-output') logs.set(event.job, [...(logs.get(event.job) ?? []), event.line])
  }
  return { logs, endedBefore }
}

/** Paths of files, but for those of git and of Ballast itself. */
function filesIn(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter(path => !/^\.(git|ballast)\//.test(path))
    .sort()
}
