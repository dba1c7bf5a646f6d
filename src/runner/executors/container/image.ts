import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RunnerError } from '../../errors.ts'
import type { JobImage } from '../../received.ts'
import { complaint, type Engine } from './engine.ts'
import { isImageName } from './names.ts'

type PullPolicy = JobImage['pullPolicy'][number]

/** Where policies are none: what is here is used, so that a registry that is away stops nobody. */
const DEFAULT_POLICY: readonly PullPolicy[] = ['if-not-present']
/** A download of many gigabytes; the job's own limit and its cancelation count too. */
const MAX_PULL_MS = 2 * 3_600_000

export interface ImageRequest {
  readonly engine: Engine
  readonly image: JobImage
  /** Arguments that tell the engine how to log in. */
  readonly login: Login
  readonly say: (line: string) => Promise<void>
  readonly signal: AbortSignal
}

export interface Login {
  /** Before the command, as docker has it; after it, as podman has it. */
  readonly before: readonly string[]
  readonly after: readonly string[]
}

/** Makes an image be here, by its policies in their order. Throws IMAGE_UNAVAILABLE. */
export async function ensureImage(request: ImageRequest): Promise<void> {
  const { image } = request
  if (!isImageName(image.name)) throw unavailable(image, 'that is no name of an image')
  const policies = image.pullPolicy.length > 0 ? image.pullPolicy : DEFAULT_POLICY
  let reason = ''
  for (const policy of policies) {
    const failure = await tryPolicy(request, policy)
    if (failure === undefined) return
    reason = failure
    if (policies.length > 1) await request.say(`${image.name}, pull policy ${policy}: ${failure}`)
  }
  throw unavailable(image, reason)
}

async function tryPolicy(request: ImageRequest, policy: PullPolicy): Promise<string | undefined> {
  if (policy !== 'always' && (await isHere(request))) return undefined
  if (policy === 'never') return 'it is not on this machine, and its policy is never to pull it'
  const { engine, image, login, say, signal } = request
  await say(`pulling ${image.name}`)
  const platform = image.platform === undefined ? [] : [`--platform=${image.platform}`]
  const args = [...login.before, 'pull', '--quiet', ...login.after, ...platform, image.name]
  const { exitCode, stderr } = await engine.call(args, { signal, maxMs: MAX_PULL_MS })
  return exitCode === 0 ? undefined : complaint(stderr) || `pull ended with ${exitCode}`
}

async function isHere({ engine, image, signal }: ImageRequest): Promise<boolean> {
  const { exitCode } = await engine.call(['image', 'inspect', image.name], { signal })
  return exitCode === 0
}

/**
 * How to log in with a job's `DOCKER_AUTH_CONFIG`, docker's own configuration as JSON: written for the engine
 * alone. Without it the machine's own logins apply.
 */
export async function loginOf(engine: Engine, folder: string, config: string | undefined): Promise<Login> {
  if (config === undefined || config === '') return { before: [], after: [] }
  await writeFile(join(folder, 'config.json'), config, { mode: 0o600 })
  return engine.name === 'docker'
    ? { before: ['--config', folder], after: [] }
    : { before: [], after: [`--authfile=${join(folder, 'config.json')}`] }
}

function unavailable({ name }: JobImage, reason: string): RunnerError {
  return new RunnerError('IMAGE_UNAVAILABLE', {
    message: `The image '${name.slice(0, 200)}' can't be had: ${reason}`,
    hint: "Check its name and tag, the registry, and the job's DOCKER_AUTH_CONFIG or the runner's own login.",
  })
}
