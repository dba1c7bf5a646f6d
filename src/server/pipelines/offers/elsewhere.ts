import { hasRole, type Project } from '../../../access/index.ts'
import type { PipelineId } from '../../../core/index.ts'
import type { InputElsewhere, Job, KeptFile, Pipeline } from '../../../pipeline/index.ts'
import { mayTake, roleOfStarter } from '../../access/starter.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { ServerError } from '../../errors.ts'

/** Pipelines of a ref that are looked through for one in which the job succeeded. */
const MAX_LOOKED_AT = 100

type Plane = Pick<ControlPlane, 'stores' | 'clock'>

/**
 * Files that jobs of other pipelines have kept, as the plan of a job asks for them. Of a ref, the latest that were
 * there when the job's own pipeline was made: tried again, it finds the same. Read with the rights of whoever started the
 * pipeline. Throws INPUT_MISSING, which says what is not there.
 */
export async function filesFromElsewhere(
  plane: Plane,
  pipeline: Pipeline,
  job: Job,
  expand: (text: string) => string,
): Promise<readonly KeptFile[]> {
  const files: KeptFile[] = []
  for (const wanted of job.plan.inputsElsewhere ?? []) {
    files.push(...(await filesOf(plane, pipeline, job, expanded(wanted, expand))))
  }
  return files
}

function expanded({ job, from }: InputElsewhere, expand: (text: string) => string): InputElsewhere {
  if (from.kind === 'pipeline')
    return { job: expand(job), from: { kind: 'pipeline', pipeline: expand(from.pipeline) } }
  const { project, ref } = from
  return { job: expand(job), from: { kind: 'project', project: expand(project), ref: expand(ref) } }
}

async function filesOf(
  plane: Plane,
  pipeline: Pipeline,
  job: Job,
  wanted: InputElsewhere,
): Promise<readonly KeptFile[]> {
  const missing = (what: string): ServerError =>
    new ServerError('INPUT_MISSING', {
      message: `Job '${job.plan.name}' needs what '${wanted.job}' of ${nameOf(wanted)} has kept, and ${what}`,
      hint: 'Run that job, keep its files for longer (expire_in), or check its name, project and ref.',
    })
  const source = await sourceOf(plane, pipeline, wanted)
  if (typeof source === 'string') throw missing(source)
  const { access = 'all' } = source.job.plan.artifactRules ?? {}
  if (!mayTake(access, source.role)) throw missing('it keeps them for fewer (artifacts:access)')
  const attempt = (await plane.stores.pipelines.attempts(source.job.id)).findLast(
    ({ state }) => state === 'succeeded',
  )
  if (!attempt || attempt.artifacts.length === 0) throw missing('it has kept nothing')
  if (attempt.keepUntil !== undefined && attempt.keepUntil <= plane.clock.now())
    throw missing('they have expired')
  return attempt.artifacts
}

interface Source {
  readonly job: Job
  /** Of whoever started the pipeline that asks, in the project that is asked. */
  readonly role: Parameters<typeof mayTake>[1]
}

/** The job, or why there is none. */
async function sourceOf(
  plane: Plane,
  pipeline: Pipeline,
  { job, from }: InputElsewhere,
): Promise<Source | string> {
  const { access, pipelines } = plane.stores
  if (from.kind === 'pipeline') {
    const other = await pipelines.pipeline(from.pipeline as PipelineId)
    // The project's own: as any job of it, this one may have them.
    if (other?.project !== pipeline.project) return 'there is no such pipeline in this project'
    const found = await succeeded(plane, other, job)
    return found ? { job: found, role: 'maintainer' } : 'no such job has succeeded there'
  }
  const project = await access.projectByName(from.project)
  const role = project && (await roleOfStarter(plane, pipeline, project))
  if (!project || !role || !hasRole(role, 'reader'))
    return 'there is no such project that who started this may read'
  const found = await latestOf(plane, project, from.ref, job, pipeline)
  return found ? { job: found, role } : 'no such job has succeeded for that ref before this pipeline was made'
}

async function latestOf(
  plane: Plane,
  project: Project,
  ref: string,
  name: string,
  { createdAt }: Pipeline,
): Promise<Job | undefined> {
  const refs = ref.startsWith('refs/') ? [ref] : [`refs/heads/${ref}`, `refs/tags/${ref}`]
  for (const full of refs) {
    const page = { before: createdAt, limit: MAX_LOOKED_AT }
    for (const pipeline of await plane.stores.pipelines.pipelinesOfRef(project.id, full, page)) {
      const found = await succeeded(plane, pipeline, name, createdAt)
      if (found) return found
    }
  }
  return undefined
}

async function succeeded(
  { stores }: Plane,
  pipeline: Pipeline,
  name: string,
  before = Number.POSITIVE_INFINITY,
): Promise<Job | undefined> {
  return (await stores.pipelines.jobs(pipeline.id)).find(
    ({ plan, state, endedAt }) =>
      plan.name === name &&
      plan.work.kind === 'script' &&
      state === 'succeeded' &&
      (endedAt ?? before) < before,
  )
}

function nameOf({ from }: InputElsewhere): string {
  return from.kind === 'pipeline' ? `pipeline '${from.pipeline}'` : `'${from.project}' (${from.ref})`
}
