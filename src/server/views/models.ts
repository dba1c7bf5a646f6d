import type { ModelView, VersionView } from '../../api/index.ts'
import { whyVersionNotServed } from '../../config/index.ts'
import { isoOf, type VersionId } from '../../core/index.ts'
import type { Version, VersionRecord } from '../../registry/index.ts'
import { type ArmCounts, type Deployment, latencyQuantile } from '../../rollout/index.ts'
import { type Pointer, pointersOf } from '../registry/versions/names.ts'
import type { ImportRecord } from '../registry/versions/transfer.ts'
import { variantViewsIn } from '../registry/versions/variants.ts'
import { mainReplica } from '../rollouts/wanted.ts'
import type { Services } from '../services.ts'
import { summaryOf } from './pipelines.ts'
import { rolloutViewOf } from './rollouts.ts'
import { isoOrNull } from './times.ts'

const LIVE = ['queued', 'preparing', 'progressing'] as const

/** Parts of a manifest's configuration and an inspection that pages show; both were checked when they were stored. */
interface ShownConfig {
  readonly task?: string
  readonly preprocess?: readonly { readonly kind: string }[]
}
interface ShownInspection {
  readonly inputs?: ModelView['inputs']
  readonly outputs?: ModelView['outputs']
}

/** `known`: the names of its model's versions, where somebody has read them. */
export async function versionViewOf(
  { plane }: Services,
  version: Version,
  known?: readonly Pointer[],
): Promise<VersionView> {
  const { stores } = plane
  const job = version.job ? await stores.pipelines.job(version.job) : undefined
  const pipeline = job ? await stores.pipelines.pipeline(job.pipeline) : undefined
  const all = await stores.versions.records(version.id)
  const records = all.filter(({ origin }) => !origin)
  const evaluation = bodyOf<{ metrics?: Record<string, number> }>(records, 'evaluation')
  const pointers = known ?? (await pointersOf(stores, version.model))
  const deployment = await stores.rollouts.deployment(version.model, 'production')
  const canary = (await stores.rollouts.inPhases(['progressing'])).some(
    ({ candidate }) => candidate === version.id,
  )
  return {
    id: version.id,
    number: version.number,
    model: version.model,
    digest: version.digest,
    commit: version.manifest.commit,
    pipeline: pipeline ? { id: pipeline.id, number: pipeline.number } : null,
    size: version.manifest.files.reduce((sum, { size }) => sum + size, 0),
    metrics: evaluation?.metrics ?? {},
    createdAt: isoOf(version.createdAt),
    serving:
      deployment?.stable === version.id
        ? 'stable'
        : canary
          ? 'canary'
          : deployment?.previous === version.id
            ? 'previous'
            : 'none',
    format: bodyOf<{ format?: string }>(records, 'inspection')?.format ?? null,
    scan: scanViewOf(records),
    notServed: whyVersionNotServed(version.manifest.files.map(({ name }) => name)) ?? null,
    variants: variantViewsIn(all),
    names: pointers.filter(pointer => pointer.version === version.id).map(({ name }) => name),
    expired: version.expired ? { at: isoOf(version.expired.at), reason: version.expired.reason } : null,
    imported: bodyOf<ImportRecord>(records, 'import')?.origin.server ?? null,
  }
}

function scanViewOf(records: readonly VersionRecord[]): VersionView['scan'] {
  const scan = bodyOf<{ verdict: 'safe' | 'unsafe' | 'unknown' }>(records, 'scan')
  if (!scan) return null
  const accepted = records.findLast(
    ({ kind, body }) => kind === 'approval' && (body as { stage?: string } | null)?.stage === 'scan',
  )
  const { reason } = (accepted?.body ?? {}) as { reason?: string }
  return { verdict: scan.verdict, acceptance: reason ?? null }
}

/** Of the latest record of a kind; what stands in a record was checked when it was stored. */
function bodyOf<Body>(records: readonly VersionRecord[], wanted: VersionRecord['kind']): Body | undefined {
  return records.findLast(({ kind }) => kind === wanted)?.body as Body | undefined
}

/** The row of a model in one environment. */
export async function modelViewOf(
  services: Services,
  model: string,
  environment = 'production',
): Promise<ModelView | undefined> {
  const { plane, publisher, traffic } = services
  const { stores, settings } = plane
  const owner = await stores.versions.ownerOf(model)
  const project = owner && (await stores.access.project(owner))
  const [latest] = await stores.versions.list(model, { limit: 1 })
  if (!project || !latest) return undefined
  const deployment = await stores.rollouts.deployment(model, environment)
  const live = (await stores.rollouts.inPhases(LIVE)).filter(
    rollout => rollout.model === model && rollout.environment === environment,
  )
  const moving = live.find(({ phase }) => phase !== 'queued') ?? live[0]
  const stable = deployment ? await stores.versions.byId(deployment.stable) : undefined
  const previous = deployment?.previous ? await stores.versions.byId(deployment.previous) : undefined
  const shown = stable ?? latest
  const config = shown.manifest.config as unknown as ShownConfig
  const inspection = (await stores.versions.records(shown.id)).findLast(({ kind }) => kind === 'inspection')
    ?.body as ShownInspection | undefined
  const figures = traffic.figures(model, environment, plane.clock.now())
  const counts: ArmCounts = {
    requests: figures.requests,
    errors: 0,
    latency: Object.fromEntries(figures.latency),
  }
  const [pipeline] = await stores.pipelines.pipelines(project.id, { limit: 1 })
  const route = publisher.table?.routes.find(
    other => other.model === model && other.environment === environment,
  )
  return {
    name: model,
    project: project.name,
    task: config.task ?? 'generic',
    environment,
    endpoint: `${settings.gatewayUrl}/v2/models/${model}/infer`,
    health: healthOf(services, deployment, environment),
    stable: stable ? { id: stable.id, number: stable.number } : null,
    form: formViewOf(services, deployment, environment),
    previous: previous
      ? { id: previous.id, number: previous.number, heldUntil: isoOrNull(deployment?.previousUntil) }
      : null,
    traffic: (route?.arms ?? [])
      .filter(({ weight }) => weight > 0)
      .map(({ arm, version, versionNumber, weight }) => ({ arm, version, number: versionNumber, weight })),
    requestsPerSecond: figures.requestsPerSecond,
    errorRate: figures.errorRate,
    latencyP50: quantile(counts, 0.5),
    latencyP99: quantile(counts, 0.99),
    rollout: moving ? await rolloutViewOf(services, moving, 'in a list') : null,
    latestPipeline: pipeline ? await summaryOf(plane, pipeline) : null,
    inputs: [...(inspection?.inputs ?? [])],
    outputs: [...(inspection?.outputs ?? [])],
    acceptsImages: config.preprocess?.some(({ kind }) => kind === 'decode') ?? false,
  }
}

/** Milliseconds; null without traffic. */
function quantile(counts: ArmCounts, q: number): number | null {
  return latencyQuantile(counts, q) ?? null
}

function formViewOf(
  { fleet }: Services,
  deployment: Deployment | undefined,
  environment: string,
): ModelView['form'] {
  if (!deployment) return { variant: null, fallback: null }
  const replica = mainReplica(environment, deployment.stable)
  const { name, reason } = fleet.fallback(replica) ?? {}
  const fallback = name === undefined || reason === undefined ? null : { name, reason }
  return { variant: fleet.variant(replica) ?? null, fallback }
}

function healthOf(
  { fleet, publisher }: Services,
  deployment: Deployment | undefined,
  environment: string,
): ModelView['health'] {
  if (!deployment) return 'none'
  if (fleet.unknown) return publisher.table ? 'serving' : 'degraded'
  const ready = (version: VersionId) => fleet.ready(`${environment}.${version}`).length > 0
  if (!ready(deployment.stable)) return 'down'
  return deployment.previous && !ready(deployment.previous) ? 'degraded' : 'serving'
}
