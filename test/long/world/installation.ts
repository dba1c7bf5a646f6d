import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { ApiClient } from '../../../src/api/index.ts'
import { freePort } from '../../fixtures/free-port.ts'
import { killHard, processesOf } from './processes.ts'
import { until } from './until.ts'

export const ROOT: string = join(import.meta.dirname, '..', '..', '..')
/** The bundle that `npm run test:long` makes; another one, to try a change beside it, by BALLAST_ENTRY. */
const ENTRY = process.env['BALLAST_ENTRY'] ?? join(ROOT, 'dist', 'ballast.js')

export const ROLES = ['server', 'runner', 'host', 'gateway'] as const
export type Role = (typeof ROLES)[number]

const readySchema = z.object({
  token: z.string().optional(),
  pids: z.record(z.string(), z.number()),
})
const helloSchema = z.object({ pid: z.number(), ready: z.boolean() })

/** One `ballast up` of the bundle in a fresh folder, and the processes that it keeps. */
export class Installation {
  readonly folder: string
  readonly url: string
  readonly gatewayUrl: string
  /** What `ballast up` has said, all of them together. */
  readonly said: string[] = []
  readonly #ports: readonly [string, string]
  readonly #env: NodeJS.ProcessEnv
  #up: ChildProcess | undefined
  #token = ''

  private constructor(folder: string, ports: readonly [string, string], env: NodeJS.ProcessEnv) {
    this.folder = folder
    this.#ports = ports
    this.#env = env
    this.url = `http://127.0.0.1:${ports[0]}`
    this.gatewayUrl = `http://127.0.0.1:${ports[1]}`
  }

  /** `env` is made from the folder, which is new. */
  static async start(env: (folder: string) => NodeJS.ProcessEnv = () => ({})): Promise<Installation> {
    const folder = await mkdtemp(join(tmpdir(), 'ballast-long-'))
    const installation = new Installation(folder, [`${await freePort()}`, `${await freePort()}`], env(folder))
    try {
      await installation.up()
    } catch (error) {
      await installation.remove()
      throw error
    }
    return installation
  }

  get token(): string {
    return this.#token
  }

  get api(): ApiClient {
    return new ApiClient({ url: this.url, token: this.#token })
  }

  get state(): string {
    return join(this.folder, 'state')
  }

  get upPid(): number {
    return this.#up?.pid ?? -1
  }

  /** Starts `ballast up`; gives the roles' processes when all are ready. */
  async up(): Promise<Readonly<Record<string, number>>> {
    const [port, gatewayPort] = this.#ports
    const args = ['up', '--json', '--data', this.state, '--port', port, '--gateway-port', gatewayPort]
    const child = spawn(process.execPath, [ENTRY, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', ...this.#env },
    })
    this.#up = child
    createInterface({ input: child.stderr }).on('line', line => this.said.push(line))
    const ready = await new Promise<z.infer<typeof readySchema>>((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', line =>
        resolve(readySchema.parse(JSON.parse(line))),
      )
      child.once('exit', code => reject(new Error(`ballast up ended with ${code}: ${this.said.join('\n')}`)))
    })
    this.#token = ready.token ?? this.#token
    return ready.pids
  }

  /** The process that answers on the role's control socket now; undefined while there is none. */
  pidOf(role: Role): Promise<number | undefined> {
    return new Promise(resolve => {
      const folder = role === 'server' ? this.state : join(this.state, role)
      const socket = connect(join(folder, 'run', `${role}.sock`))
      let text = ''
      socket.once('error', () => resolve(undefined))
      socket.once('close', () => resolve(undefined))
      socket.on('data', chunk => {
        text += chunk
        if (!text.includes('\n')) return
        const hello = helloSchema.parse(JSON.parse(text.slice(0, text.indexOf('\n'))))
        resolve(hello.ready ? hello.pid : undefined)
        socket.destroy()
      })
    })
  }

  /** All four roles, ready; waits for those that are on their way. */
  async pids(deadlineMs = 30_000): Promise<Readonly<Record<Role, number>>> {
    const entries = await Promise.all(
      ROLES.map(
        async role => [role, await until(`the ${role}`, () => this.pidOf(role), deadlineMs)] as const,
      ),
    )
    return Object.fromEntries(entries) as Record<Role, number>
  }

  /** SIGKILL to `ballast up` alone. */
  async killUp(): Promise<void> {
    const up = this.#up!
    const gone = once(up, 'exit')
    killHard(up.pid!)
    await gone
  }

  /** Ctrl-C, until `ballast up` has ended; gives what still runs in the folder then. */
  async stop(): Promise<readonly string[]> {
    const up = this.#up
    if (up && up.exitCode === null && up.signalCode === null) {
      const gone = once(up, 'exit')
      up.kill('SIGINT')
      await gone
    }
    return (await processesOf(this.folder)).map(({ pid, command }) => `${pid} ${command}`)
  }

  /** Ends whatever is left, however the test went, and removes the folder. */
  async remove(): Promise<void> {
    const up = this.#up
    if (up && up.exitCode === null && up.signalCode === null) await this.killUp()
    await until(
      'the end of all processes',
      async () => {
        const left = await processesOf(this.folder)
        for (const { pid } of left) killHard(pid)
        return left.length === 0 ? true : undefined
      },
      20_000,
    )
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }

  /** The last lines of each role's log, for a failure's message. */
  async lastWords(lines = 15): Promise<string> {
    const parts = await Promise.all(
      ROLES.map(async role => {
        const text = await readFile(join(this.state, 'logs', `${role}.log`), 'utf8').catch(() => '')
        return `--- ${role}\n${text.trimEnd().split('\n').slice(-lines).join('\n')}`
      }),
    )
    return [`--- up\n${this.said.slice(-3 * lines).join('\n')}`, ...parts].join('\n')
  }
}
