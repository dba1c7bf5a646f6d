import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { messageOf } from '../../../core/index.ts'

/** A question to the engine; pulling images has the job's own limit. */
const MAX_MS = 60_000
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024
/** What of the runner's environment the client may need to find its engine. None of it is secret. */
const PASSED_ON = [
  'PATH',
  'HOME',
  'LANG',
  'XDG_RUNTIME_DIR',
  'XDG_CONFIG_HOME',
  'XDG_DATA_HOME',
  'DBUS_SESSION_BUS_ADDRESS',
  'DOCKER_HOST',
  'DOCKER_CONTEXT',
  'DOCKER_CONFIG',
  'DOCKER_CERT_PATH',
  'DOCKER_TLS_VERIFY',
  'CONTAINER_HOST',
  'CONTAINERS_CONF',
  'CONTAINERS_STORAGE_CONF',
  'CONTAINERS_REGISTRIES_CONF',
] as const

export type EngineName = 'podman' | 'docker'

export interface EngineAnswer {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface EngineCall {
  readonly signal?: AbortSignal
  /** Absent: a minute. */
  readonly maxMs?: number
}

/** The command-line client of a container engine. */
export interface Engine {
  readonly name: EngineName
  /** What stands before its arguments, where nothing of the runner's environment is left. */
  readonly command: readonly string[]
  /** Runs it to its end; an exit code is an answer. Throws when it could not be run, or was aborted. */
  call(args: readonly string[], options?: EngineCall): Promise<EngineAnswer>
}

export function engineAt(
  name: EngineName,
  program: string,
  environment: NodeJS.ProcessEnv = process.env,
): Engine {
  const env = Object.fromEntries(
    PASSED_ON.flatMap(variable => {
      const value = environment[variable]
      return value === undefined ? [] : [[variable, value] as const]
    }),
  )
  return {
    name,
    command: ['env', ...Object.entries(env).map(([variable, value]) => `${variable}=${value}`), program],
    call(args, { signal, maxMs = MAX_MS } = {}) {
      return new Promise((resolve, reject) => {
        const options = { env, timeout: maxMs, maxBuffer: MAX_OUTPUT_BYTES, killSignal: 'SIGKILL' } as const
        execFile(program, args, { ...options, ...(signal && { signal }) }, (error, stdout, stderr) => {
          if (!error) return resolve({ exitCode: 0, stdout, stderr })
          if (typeof error.code === 'number') return resolve({ exitCode: error.code, stdout, stderr })
          reject(signal?.aborted ? error : new Error(`${name} ${args[0]}: ${messageOf(error)}`))
        })
      })
    },
  }
}

export interface EngineReport {
  readonly engine: Engine | undefined
  /** Why there is none. */
  readonly reason: string
}

/** The first engine on the PATH that answers: podman needs no daemon, docker's must run. */
export async function detectEngine(environment: NodeJS.ProcessEnv = process.env): Promise<EngineReport> {
  const reasons: string[] = []
  for (const name of ['podman', 'docker'] as const) {
    const program = await onPath(name, environment['PATH'] ?? '')
    if (program === undefined) {
      reasons.push(`${name} is not installed`)
      continue
    }
    const engine = engineAt(name, program, environment)
    const failure = await failureOf(engine)
    if (failure === undefined) return { engine, reason: `${name} works` }
    reasons.push(`${name}: ${failure}`)
  }
  return { engine: undefined, reason: reasons.join('; ') }
}

async function failureOf(engine: Engine): Promise<string | undefined> {
  try {
    const { exitCode, stderr } = await engine.call(['ps', '--quiet', '--last', '1'], { maxMs: 15_000 })
    return exitCode === 0 ? undefined : complaint(stderr) || `it ended with ${exitCode}`
  } catch (error) {
    return messageOf(error)
  }
}

async function onPath(name: string, path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter).filter(folder => folder.startsWith('/'))) {
    const program = join(folder, name)
    const found = await access(program, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (found) return program
  }
  return undefined
}

/** The last thing that an engine said, in a line. */
export function complaint(stderr: string): string {
  return stderr.trim().split('\n').at(-1)?.slice(0, 500) ?? ''
}
