import type { Offer } from '../../../api/index.ts'
import type { Image, Job, Pipeline, Service } from '../../../pipeline/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { offeredCaches } from './caches.ts'
import type { JobEnvironment } from './environment.ts'

/** How many commits of history a job of GitLab finds, where it does not say. */
const GITLAB_DEPTH = 20
/** Jobs of these strategies want none of the commit's files. */
const NO_SOURCE = ['none', 'empty']

type ScriptPart = Pick<
  Offer,
  | 'artifactRules'
  | 'caches'
  | 'image'
  | 'services'
  | 'network'
  | 'readOnlyRoot'
  | 'resources'
  | 'gitDepth'
  | 'source'
>

/** What a job's script finds beside its variables, with references in it replaced. */
export async function scriptPart(
  plane: ControlPlane,
  pipeline: Pipeline,
  job: Job,
  environment: JobEnvironment,
): Promise<ScriptPart> {
  const { plan } = job
  const { expand } = environment
  return {
    ...(plan.artifactRules && {
      artifactRules: {
        exclude: plan.artifactRules.exclude.map(expand),
        untracked: plan.artifactRules.untracked,
        when: plan.artifactRules.when,
        reports: plan.artifactRules.reports.map(({ kind, paths }) => ({ kind, paths: paths.map(expand) })),
        mayMiss: plan.dialect !== undefined,
      },
    }),
    ...(plan.caches?.length && { caches: await offeredCaches(plane, pipeline, job, expand) }),
    ...(plan.image && { image: imageOf(plan.image, expand) }),
    ...(plan.services?.length && { services: plan.services.map(service => serviceOf(service, expand)) }),
    ...(plan.network !== undefined && { network: plan.network }),
    ...(plan.readOnlyRoot !== undefined && { readOnlyRoot: plan.readOnlyRoot }),
    ...(plan.resources && { resources: { ...plan.resources } }),
    ...sourceOf(job, environment),
  }
}

/** Whether a job of GitLab wants the commit's files; of others all do, and their submodules none. */
export function wantsSource({ dialect }: Job['plan'], env: JobEnvironment['env']): boolean {
  return dialect === 'gitlab' && !NO_SOURCE.includes(env['GIT_STRATEGY'] ?? '')
}

function sourceOf({ plan }: Job, { env }: JobEnvironment): Pick<Offer, 'gitDepth' | 'source'> {
  if (plan.dialect !== 'gitlab') return {}
  if (!wantsSource(plan, env)) return { source: 'none' }
  const depth = env['GIT_DEPTH'] ?? ''
  return { gitDepth: /^\d{1,9}$/.test(depth) ? Number(depth) : GITLAB_DEPTH }
}

function imageOf(image: Image, expand: (text: string) => string): NonNullable<Offer['image']> {
  return {
    name: expand(image.name),
    pullPolicy: [...image.pullPolicy],
    ...(image.entrypoint && { entrypoint: image.entrypoint.map(expand) }),
    ...(image.user !== undefined && { user: expand(image.user) }),
    ...(image.platform !== undefined && { platform: expand(image.platform) }),
  }
}

function serviceOf(
  service: Service,
  expand: (text: string) => string,
): NonNullable<Offer['services']>[number] {
  return {
    ...imageOf(service, expand),
    aliases: service.aliases.map(expand),
    ...(service.command && { command: service.command.map(expand) }),
    variables: Object.fromEntries(
      Object.entries(service.variables).map(([name, value]) => [name, expand(value)]),
    ),
  }
}
