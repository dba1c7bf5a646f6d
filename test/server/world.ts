import { execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { PipelineSummary, PipelineView, RolloutView } from '../../src/api/index.ts'
import { type RunningServer, type ServerOptions, startServer } from '../../src/server/index.ts'
import { writeMlp } from '../fixtures/onnx-builder.ts'

/** What an HTTP call came to. */
export interface Answer<Body = unknown> {
  readonly status: number
  readonly body: Body
  readonly headers: Headers
}

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A control plane on port 0 in a folder of its own, and the calls that its clients and agents make. */
export class World {
  readonly folder: string
  readonly #gatewayUrl: string
  #server: RunningServer | undefined
  #more: Partial<ServerOptions> = {}

  constructor(folder: string, gatewayUrl: string) {
    this.folder = folder
    this.#gatewayUrl = gatewayUrl
  }

  get url(): string {
    return this.#server!.url
  }

  /** `more` holds for later restarts too. */
  async start(more: Partial<ServerOptions> = this.#more): Promise<void> {
    this.#more = more
    this.#server = await startServer({
      dataDir: join(this.folder, 'data'),
      gatewayUrl: this.#gatewayUrl,
      version: '0.0.0-test',
      host: '127.0.0.1',
      port: 0,
      ...more,
    })
  }

  async close(): Promise<void> {
    await this.#server?.close()
    this.#server = undefined
  }

  /** Ends the server and starts it again over the same folder. */
  async restart(): Promise<void> {
    await this.close()
    await this.start()
  }

  async stop(): Promise<void> {
    await this.close()
    await rm(this.folder, { recursive: true, force: true })
  }

  /** The first admin's token, or an agent's: `runner`, `host`, `gateway`. */
  async secret(name: 'admin' | 'runner' | 'host' | 'gateway' = 'admin'): Promise<string> {
    const file = name === 'admin' ? 'first-admin-token' : `${name}.token`
    return (await readFile(join(this.folder, 'data', 'secrets', file), 'utf8')).trim()
  }

  async call<Body = unknown>(
    method: string,
    path: string,
    options: {
      readonly token?: string | undefined
      readonly body?: unknown
      readonly bytes?: Uint8Array
      readonly headers?: Record<string, string>
      readonly signal?: AbortSignal
    } = {},
  ): Promise<Answer<Body>> {
    const { token, body, bytes, headers = {}, signal } = options
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(bytes !== undefined && { 'content-type': 'application/octet-stream' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(bytes !== undefined && { body: new Uint8Array(bytes) }),
      ...(signal && { signal }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json')
    return {
      status: response.status,
      body: (isJson && text ? JSON.parse(text) : text) as Body,
      headers: response.headers,
    }
  }

  /** As the admin; throws unless the answer is 2xx. */
  async admin<Body = unknown>(method: string, path: string, body?: unknown): Promise<Body> {
    const answer = await this.call<Body>(method, `/api/v1${path}`, { token: await this.secret(), body })
    if (answer.status >= 300)
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body
  }

  /** A new person with this role in a project, and a token of these scopes. */
  async person(
    name: string,
    role: string | null,
    project: string,
    scopes: readonly string[],
  ): Promise<string> {
    await this.admin('POST', '/principals', { name })
    if (role) await this.admin('PUT', `/projects/${encodeURIComponent(project)}/members/${name}`, { role })
    return this.token(scopes, { principal: name })
  }

  async token(scopes: readonly string[], more: object = {}): Promise<string> {
    const { secret } = await this.admin<{ secret: string }>('POST', '/tokens', {
      name: 'of a test',
      scopes,
      ...more,
    })
    return secret
  }

  /** A repository on this machine with these files committed, whose `origin` is the project. */
  async repository(project: string, files: Files): Promise<Repository> {
    const directory = await mkdtemp(join(this.folder, 'clone-'))
    const repository = new Repository(this, directory, project)
    await repository.git('init', '--quiet', '--initial-branch=main')
    await repository.commit('A first commit', files)
    return repository
  }

  async pipelines(project: string): Promise<readonly PipelineSummary[]> {
    return this.admin('GET', `/projects/${encodeURIComponent(project)}/pipelines`)
  }

  async pipeline(project: string, number: number): Promise<PipelineView> {
    return this.admin('GET', `/projects/${encodeURIComponent(project)}/pipelines/${number}`)
  }

  async rollouts(model: string): Promise<readonly RolloutView[]> {
    return this.admin('GET', `/models/${model}/rollouts`)
  }
}

export type Files = Readonly<Record<string, string | Uint8Array>>

export class Repository {
  readonly directory: string
  readonly #world: World
  readonly #project: string

  constructor(world: World, directory: string, project: string) {
    this.#world = world
    this.directory = directory
    this.#project = project
  }

  git(...args: readonly string[]): Promise<Ran> {
    return run('git', args, this.directory, CLIENT)
  }

  async commit(title: string, files: Files): Promise<string> {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(this.directory, name)), { recursive: true })
      await writeFile(join(this.directory, name), content)
    }
    await this.git('add', '--all')
    await this.git('commit', '--quiet', '--allow-empty', '-m', title)
    return (await this.git('rev-parse', 'HEAD')).stdout.trim()
  }

  async remote(token?: string): Promise<string> {
    return this.#world.url
      .replace('//', `//anyone:${token ?? (await this.#world.secret())}@`)
      .concat(`/${this.#project}.git`)
  }

  /** Pushes and follows the pipelines to their end. */
  async push(refspec = 'HEAD:main', ...options: readonly string[]): Promise<Ran> {
    return this.git('push', ...options, await this.remote(), refspec)
  }

  /** Pushes, and goes away as soon as the pipelines are there, as Ctrl-C would. */
  async pushAndLeave(refspec = 'HEAD:main', ...options: readonly string[]): Promise<string> {
    const child = spawn('git', ['push', ...options, await this.remote(), refspec], {
      cwd: this.directory,
      env: CLIENT,
      detached: true,
    })
    let said = ''
    const begun = Promise.withResolvers<void>()
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (/Pipeline #\d+/.test(said)) begun.resolve()
    })
    child.once('close', () => begun.resolve())
    await begun.promise
    // git and the helper that holds the connection.
    if (child.exitCode === null) process.kill(-child.pid!, 'SIGINT')
    return said
  }
}

/** A client's environment: no configuration of this machine, a fixed author. */
const CLIENT: NodeJS.ProcessEnv = {
  PATH: process.env['PATH'],
  HOME: '/nonexistent',
  LC_ALL: 'C',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.org',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.org',
}

export function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Ran> {
  return new Promise(resolve => {
    execFile(command, args, { cwd, env, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, stdout, stderr })
    })
  })
}

/** Where nothing listens, unless a gateway is to be there. */
export async function startWorld(
  gatewayUrl = 'http://127.0.0.1:9',
  more: Partial<ServerOptions> = {},
): Promise<World> {
  const world = new World(await mkdtemp(join(tmpdir(), 'ballast-server-')), gatewayUrl)
  await world.start(more)
  return world
}

/** A model repository of 8 inputs and 2 classes; other seeds are other models. */
export function modelFiles(yaml: string, seed = 1): Files {
  return { 'ballast.yaml': yaml, 'model.onnx': writeMlp(8, 4, 2, seed) }
}

/** Polls until `look` gives something; fails after `ms` with what it gave last. */
export async function until<Found>(
  what: string,
  look: () => Promise<Found | undefined | false>,
  ms = 15_000,
): Promise<Found> {
  const deadline = Date.now() + ms
  for (;;) {
    const found = await look()
    if (found) return found
    if (Date.now() > deadline) throw new Error(`Waited ${ms} ms in vain: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
