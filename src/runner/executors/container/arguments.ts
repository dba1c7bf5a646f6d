import type { JobImage, JobService } from '../../received.ts'
import type { Confinement, Places } from '../executor.ts'
import type { EngineName } from './engine.ts'

/** The places as a job in a container sees them. */
export const INSIDE: Places = {
  workspace: '/workspace',
  home: '/home/ballast',
  tmp: '/tmp',
  given: '/run/ballast',
  out: '/run/ballast-out',
}
/** Output and errors in one stream, so that lines keep their order; the shell that runs the script is the driver. */
const START = ['/bin/sh', '-c', 'exec /bin/sh -e "$0" 2>&1', `${INSIDE.given}/job.sh`]

export interface ContainerArguments {
  readonly engine: EngineName
  readonly name: string
  readonly labels: readonly string[]
  readonly image: JobImage
  readonly places: Places
  readonly confinement: Confinement
  /** Its services' network; undefined where it has none. */
  readonly network: string | undefined
}

/**
 * `run …` for a job. It never gets privileges, devices, the host's network or the engine's socket; its variables
 * are in its script, so none is on a command line.
 */
export function jobArguments(options: ContainerArguments): readonly string[] {
  const { engine, name, labels, image, places, confinement, network } = options
  const { attempt, resources, readOnlyRoot = false } = confinement
  const args = ['run', '--rm', '--name', name, '--hostname', 'ballast', '--pull', 'never']
  for (const label of labels) args.push('--label', label)
  args.push('--env', `BALLAST_ATTEMPT=${attempt}`)
  if (network !== undefined) args.push('--network', network)
  else if (!confinement.network) args.push('--network', 'none')
  args.push('--volume', `${places.workspace}:${INSIDE.workspace}`, '--workdir', INSIDE.workspace)
  args.push('--volume', `${places.tmp}:${INSIDE.tmp}`)
  args.push('--volume', `${places.given}:${INSIDE.given}:ro`, '--volume', `${places.out}:${INSIDE.out}`)
  if (readOnlyRoot) {
    args.push('--read-only', '--volume', `${places.home}:${INSIDE.home}`, '--env', `HOME=${INSIDE.home}`)
    if (engine === 'podman') args.push('--read-only-tmpfs=false')
  }
  if (resources?.cpu !== undefined) args.push('--cpus', String(resources.cpu))
  if (resources?.memoryBytes !== undefined) args.push('--memory', `${resources.memoryBytes}b`)
  if (image.user !== undefined) args.push(`--user=${image.user}`)
  if (image.platform !== undefined) args.push(`--platform=${image.platform}`)
  const [entrypoint, ...before] = image.entrypoint ?? []
  if (entrypoint !== undefined) args.push(`--entrypoint=${entrypoint}`)
  return [...args, image.name, ...before, ...START]
}

export interface ServiceArguments {
  readonly name: string
  readonly labels: readonly string[]
  readonly service: JobService
  readonly network: string
  readonly hostNames: readonly string[]
  /** A file of `NAME=value` lines. */
  readonly environmentFile: string
}

/** `run --detach …` for a service. */
export function serviceArguments(options: ServiceArguments): readonly string[] {
  const { name, labels, service, network, hostNames, environmentFile } = options
  const args = ['run', '--detach', '--name', name, '--pull', 'never', '--network', network]
  for (const host of hostNames) args.push('--network-alias', host)
  for (const label of labels) args.push('--label', label)
  args.push('--env-file', environmentFile)
  if (service.user !== undefined) args.push(`--user=${service.user}`)
  if (service.platform !== undefined) args.push(`--platform=${service.platform}`)
  const [entrypoint, ...before] = service.entrypoint ?? []
  if (entrypoint !== undefined) args.push(`--entrypoint=${entrypoint}`)
  return [...args, service.name, ...before, ...(service.command ?? [])]
}

/** Signals every process of a container but its first one, the driver (its pid is in `out/driver`) and itself. */
export function signalScript(signal: string): string {
  return `read -r driver 2> /dev/null < ${INSIDE.out}/driver || driver=1
for process in /proc/[0-9]*; do
  process=\${process#/proc/}
  case "$process" in 1 | "$driver" | $$) ;; *) kill -${signal} "$process" 2> /dev/null ;; esac
done
:`
}
