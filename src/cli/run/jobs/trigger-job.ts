import { mkdtemp, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { childFile, type Fetched, type IncludeSources, type TriggerWork } from '../../../pipeline/index.ts'
import { compileText, MAX_CI_BYTES, type Project } from '../compile/compile.ts'
import type { AttemptResult } from '../engine/pipeline.ts'
import type { JobRecord } from '../engine/record.ts'
import type { Variables } from './environment.ts'
import { layKept } from './keeping/store.ts'
import { variablesOf } from './variables.ts'
import type { PipelineScope } from './world.ts'

/** A child that triggers itself must end somewhere; GitLab has two levels. */
const MAX_DEPTH = 5

/** A child pipeline runs within this run, its jobs beside the others. Other projects' pipelines are theirs. */
export async function runTriggerJob(
  scope: PipelineScope,
  job: JobRecord,
  work: TriggerWork,
  signal: AbortSignal,
): Promise<AttemptResult> {
  const { world, path } = scope
  const { target } = work
  if (target.kind === 'latest')
    return { outcome: 'errored', reason: `pipelines of ${target.project} are only on a server` }
  if (target.kind === 'project') {
    world.tell({
      kind: 'job-note',
      job: job.path,
      text: `${target.project} is another project: not run here`,
    })
    return { outcome: 'succeeded', reason: `the pipeline of ${target.project} is not run here` }
  }
  if (path.length >= MAX_DEPTH)
    return { outcome: 'failed', reason: `more than ${MAX_DEPTH} pipelines within each other` }
  const { trigger, ...rest } = childProject(scope, job, work)
  const child = await childFile(rest.includes, job.name, target.sources, work.inputs)
  if ('problem' in child) return { outcome: 'failed', reason: child.problem }
  const project = { ...rest, trigger: { ...trigger, inputs: child.inputs } }
  const compilation = await compileText(project, child.file, child.text, scope.compilation.dialect)
  const { result } = compilation
  if (result.kind === 'nothing') return { outcome: 'failed', reason: `nothing runs in it: ${result.reason}` }
  if (result.kind === 'problems') {
    const [first] = result.diagnostics
    const where = first
      ? `${first.at.file}:${first.at.line}:${first.at.column}: ${first.message}`
      : child.file
    return { outcome: 'failed', reason: where }
  }
  const state = await scope.nested({
    world: { ...world, project },
    path: [...path, job.name],
    compilation,
    plan: result.plan,
    signal,
  })
  if (work.strategy === 'none') return { outcome: 'succeeded', reason: `its pipeline ${state}` }
  if (state === 'succeeded') return { outcome: 'succeeded' }
  return { outcome: state === 'canceled' ? 'canceled' : 'failed', reason: `its pipeline ${state}` }
}

/** The same tree on another occasion: made by a job, with the variables that the job hands on. */
function childProject(scope: PipelineScope, job: JobRecord, work: TriggerWork): Project {
  const { project } = scope.world
  const { trigger } = project
  const { forward } = work
  const includes: IncludeSources = {
    ...project.includes,
    artifact: (name, file) => artifactOf(scope, name, file),
  }
  return {
    ...project,
    includes,
    trigger: {
      ...trigger,
      event: 'child',
      variables: {
        ...(forward.yamlVariables && ownVariables(scope, job)),
        ...(forward.pipelineVariables && trigger.variables),
      },
      upstream: { pipeline: '1', project: project.project.name, job: job.name },
    },
  }
}

/** Those that the file gives the job, with references in them replaced by what it finds here. */
function ownVariables(scope: PipelineScope, job: JobRecord): Variables {
  const { own, files } = variablesOf({ scope, job })
  const names = Object.keys(job.plan.env)
  return Object.fromEntries(names.map(name => [name, own[name] ?? files[name] ?? '']))
}

/** Of a job with matrix values, the first that has the file. */
async function artifactOf(
  { world, plan, kept }: PipelineScope,
  name: string,
  file: string,
): Promise<Fetched> {
  const jobs = plan.jobs.map(job => job.name)
  for (const job of jobs.filter(other => other === name || other.startsWith(`${name}: [`))) {
    const found = kept.get(job)?.find(({ path }) => path === file)
    if (!found) continue
    if (found.size > MAX_CI_BYTES)
      return { kind: 'missing', reason: `${file} is larger than ${MAX_CI_BYTES} bytes` }
    const folder = await mkdtemp(join(world.places.root, 'child-'))
    await layKept([found], await world.shelves(), folder)
    return { kind: 'file', text: await readFile(join(folder, file), 'utf8') }
  }
  return { kind: 'missing', reason: `job '${name}' kept no file '${file}'` }
}
