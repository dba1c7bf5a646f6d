import type { PipelineId, ProjectId, VersionId } from '../../core/index.ts'
import type { ApprovalNews, Facts, Notice, PipelineNews, RolloutNews } from '../../notify/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { stageResult } from '../pipelines/ending/results.ts'
import { configOf } from '../pipelines/starting/config.ts'
import { shortRef } from '../triggers/refs.ts'

type Plane = Pick<ControlPlane, 'stores' | 'settings'>
/** Of failed jobs, those that a sentence names. */
const MAX_NAMED = 5

/** What a notice is about, with numbers, names and the link. Undefined where what it tells of is gone. */
export async function factsOf(
  plane: Plane,
  project: ProjectId,
  { news, at }: Pick<Notice, 'news' | 'at'>,
): Promise<Facts | undefined> {
  const name = (await plane.stores.access.project(project))?.name
  if (name === undefined) return undefined
  const page = `${plane.settings.publicUrl}/projects/${name.split('/').map(encodeURIComponent).join('/')}`
  const common = { project: name, at }
  if (news.kind === 'test') return { ...common, kind: news.kind, by: news.by, link: page }
  if (news.kind === 'pipeline.failed' || news.kind === 'pipeline.fixed')
    return pipelineFacts(plane, { kind: news.kind, pipeline: news.pipeline }, common)
  if (news.kind === 'approval.needed' || news.kind === 'approval.expired')
    return approvalFacts(plane, news as ApprovalNews, common)
  return rolloutFacts(plane, news as RolloutNews, common)
}

type Common = Pick<Facts, 'project' | 'at'>

async function rolloutFacts(plane: Plane, news: RolloutNews, common: Common): Promise<Facts> {
  const { candidate, stable, isRollback = false, ...rest } = news
  const [version, before] = await Promise.all([numberOf(plane, candidate), stable && numberOf(plane, stable)])
  return {
    ...rest,
    ...common,
    isRollback,
    ...(version !== undefined && { version }),
    ...(before !== undefined && { stable: before }),
    link: `${plane.settings.publicUrl}/models/${encodeURIComponent(news.model)}/rollouts/${news.rollout}`,
  }
}

async function numberOf({ stores }: Plane, id: VersionId): Promise<number | undefined> {
  return (await stores.versions.byId(id))?.number
}

async function approvalFacts(plane: Plane, news: ApprovalNews, common: Common): Promise<Facts | undefined> {
  const { pipelines } = plane.stores
  const pipeline = await pipelines.pipeline(news.pipeline)
  if (!pipeline) return undefined
  const version = stageResult(await pipelines.jobs(pipeline.id), 'register')?.version
  const { kind, jobName, environment, reason, until } = news
  return {
    ...common,
    kind,
    pipeline: pipeline.number,
    job: jobName,
    environment,
    reason,
    ...(until !== undefined && { until }),
    ...(version && { model: configOf(pipeline)!.repository.model.name, version: version.number }),
    link: linkOf(plane, news.pipeline),
  }
}

async function pipelineFacts(plane: Plane, news: PipelineNews, common: Common): Promise<Facts | undefined> {
  const { pipelines, access } = plane.stores
  const pipeline = await pipelines.pipeline(news.pipeline)
  if (!pipeline) return undefined
  const by = await access.principal(pipeline.principal)
  return {
    ...common,
    kind: news.kind,
    pipeline: pipeline.number,
    branch: shortRef(pipeline.ref),
    commit: pipeline.commit,
    title: pipeline.title,
    by: by?.name ?? pipeline.principal,
    reason: news.kind === 'pipeline.failed' ? await whyFailed(plane, pipeline.id, pipeline.problems) : '',
    link: linkOf(plane, pipeline.id),
  }
}

async function whyFailed(plane: Plane, id: PipelineId, problems: readonly string[]): Promise<string> {
  const jobs = await plane.stores.pipelines.jobs(id)
  const failed = jobs.filter(
    ({ state, plan }) => (state === 'failed' || state === 'errored') && !plan.allowFailure,
  )
  const named = failed
    .slice(0, MAX_NAMED)
    .map(({ plan, reason }) => (reason ? `${plan.name}: ${reason}` : plan.name))
  const more = failed.length - named.length
  return [...problems.slice(0, 1), ...named, ...(more > 0 ? [`and ${more} more`] : [])].join('; ')
}

function linkOf({ settings }: Plane, pipeline: PipelineId): string {
  return `${settings.publicUrl}/pipelines/${pipeline}`
}
