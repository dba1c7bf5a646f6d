import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Image, JobWork, Service } from '../../../../pipeline/index.ts'
import type { Executor, Places } from '../../../../runner/index.ts'
import type { AttemptResult } from '../../engine/pipeline.ts'
import type { Finished } from '../keeping/keep.ts'
import { ownHistory } from '../places/own-history.ts'
import type { JobVariables } from '../variables.ts'

interface Confined extends Finished {
  readonly place: string
  readonly variables: JobVariables
  readonly executor: Executor
  /** Whether it runs images. */
  readonly inImage: boolean
}

/** A job's script by one of the runner's executors: in a sandbox, in a container, or with phases that share a shell. */
export async function runConfined(
  { attempt, place, variables, executor, inImage, expand, log }: Confined,
  { shell, phases }: Extract<JobWork, { kind: 'script' }>,
): Promise<AttemptResult> {
  const { runScript } = await import('../../../../runner/index.ts')
  const { scope, job, signal, slot } = attempt
  const { plan } = job
  const { host, places: all, shortHistory } = scope.world
  if (executor.kind !== 'none') await ownHistory(join(place, 'workspace'), await shortHistory())
  const verdict = await runScript({
    executor,
    places: await makePlaces(place),
    job: {
      shell,
      phases,
      // Within walls the machine's own places are not there.
      env: executor.kind === 'none' ? { ...host, ...variables.own } : variables.own,
      files: variables.files,
      timeoutMs: plan.timeout,
      ...(plan.network !== undefined && { network: plan.network }),
      ...(plan.readOnlyRoot !== undefined && { readOnlyRoot: plan.readOnlyRoot }),
      ...(plan.image && inImage && { image: imageOf(plan.image, expand) }),
      ...(plan.services && inImage && { services: plan.services.map(one => serviceOf(one, expand)) }),
      ...(plan.resources && { resources: plan.resources }),
    },
    name: `${all.name}-${slot}-${job.position}`,
    slot,
    signal,
    onOutput: bytes => log.write(bytes),
    sections: false,
  })
  const { outcome, exitCode, cause, reason } = verdict
  return {
    outcome,
    ...(exitCode !== undefined && { exitCode }),
    ...(cause !== undefined && { cause }),
    ...(reason !== undefined && { reason }),
  }
}

async function makePlaces(place: string): Promise<Places> {
  const at = (name: string) => join(place, name)
  const places = { home: at('home'), tmp: at('tmp'), given: at('given'), out: at('out') }
  for (const path of Object.values(places)) await mkdir(path, { mode: 0o700 })
  return { ...places, workspace: at('workspace') }
}

type Expand = Finished['expand']

function imageOf(image: Image, expand: Expand): Image {
  const { name, user, platform, entrypoint } = image
  return {
    ...image,
    name: expand(name),
    ...(user !== undefined && { user: expand(user) }),
    ...(platform !== undefined && { platform: expand(platform) }),
    ...(entrypoint && { entrypoint: entrypoint.map(expand) }),
  }
}

function serviceOf(service: Service, expand: Expand): Service {
  const variables = Object.entries(service.variables).map(([name, value]) => [name, expand(value)] as const)
  return {
    ...service,
    ...imageOf(service, expand),
    aliases: service.aliases.map(expand),
    ...(service.command && { command: service.command.map(expand) }),
    variables: Object.fromEntries(variables),
  }
}
