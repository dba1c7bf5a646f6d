import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import type { JobService } from '../../received.ts'
import type { Engine } from './engine.ts'

/** A service that does not answer by then may be one that never listens; the job finds out. */
const MAX_WAIT_MS = 30_000
const LOOK_MS = 100
const CONNECT_MS = 500
const LOG_LINES = '20'

const ports = z.record(z.string(), z.unknown()).nullish()
/** What docker and podman both say of a container, as far as we ask. */
const inspectionSchema = z.object({
  State: z.object({
    Running: z.boolean(),
    Pid: z.number(),
    Health: z.object({ Status: z.string() }).nullish(),
  }),
  Config: z.object({ ExposedPorts: ports }).nullish(),
  NetworkSettings: z.object({
    Ports: ports,
    Networks: z.record(z.string(), z.object({ IPAddress: z.string() })).nullish(),
  }),
})
type Inspection = z.infer<typeof inspectionSchema>

export interface AwaitedService {
  readonly engine: Engine
  readonly container: string
  readonly network: string
  readonly service: JobService
  readonly say: (line: string) => Promise<void>
  readonly signal: AbortSignal
}

/**
 * Until a service is healthy by its image's own check, or else listens on a port that its image exposes. One that
 * does not in time, or ends, is told with what it said, and the job starts all the same, as with GitLab.
 */
export async function awaitService(awaited: AwaitedService): Promise<void> {
  const { service, say, signal } = awaited
  const until = Date.now() + MAX_WAIT_MS
  for (;;) {
    const inspection = await inspect(awaited)
    if (!inspection?.State.Running) return tell(awaited, `${service.name} has ended`)
    const state = await readiness(inspection, awaited)
    if (state === 'ready') return
    if (state === 'unknown') {
      await say(`${service.name} names no port: it is not waited for`)
      return
    }
    if (Date.now() > until)
      return tell(awaited, `${service.name} does not answer after ${MAX_WAIT_MS / 1000} s`)
    await delay(LOOK_MS, undefined, { signal })
  }
}

async function readiness(
  inspection: Inspection,
  { network, service }: AwaitedService,
): Promise<'ready' | 'not yet' | 'unknown'> {
  const health = inspection.State.Health?.Status
  if (health && health !== 'none') return health === 'healthy' ? 'ready' : 'not yet'
  const given = Number(service.variables['HEALTHCHECK_TCP_PORT'])
  const open = Number.isInteger(given) && given > 0 ? [given] : exposedPorts(inspection)
  if (open.length === 0) return 'unknown'
  const address = inspection.NetworkSettings.Networks?.[network]?.IPAddress
  for (const port of open) {
    if (await listens(inspection.State.Pid, port)) return 'ready'
    if (address && (await answers(address, port))) return 'ready'
  }
  return 'not yet'
}

function exposedPorts({ Config, NetworkSettings }: Inspection): readonly number[] {
  const named = { ...Config?.ExposedPorts, ...NetworkSettings.Ports }
  return Object.keys(named)
    .filter(port => port.endsWith('/tcp'))
    .map(port => Number.parseInt(port, 10))
    .sort((a, b) => a - b)
}

/** Whether a process of its network namespace listens; where we may not look, nobody does. */
async function listens(pid: number, port: number): Promise<boolean> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  // `sl local_address rem_address st`: 0A is LISTEN.
  const listening = new RegExp(`^\\s*\\d+: [0-9A-F]+:${hex} \\S+ 0A `, 'm')
  for (const table of ['tcp', 'tcp6']) {
    const text = await readFile(`/proc/${pid}/net/${table}`, 'latin1').catch(() => '')
    if (listening.test(text)) return true
  }
  return false
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host, port, timeout: CONNECT_MS })
    const done = (answer: boolean) => (): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', done(true)).once('error', done(false)).once('timeout', done(false))
  })
}

async function inspect({ engine, container, signal }: AwaitedService): Promise<Inspection | undefined> {
  const { exitCode, stdout } = await engine.call(['container', 'inspect', container], { signal })
  if (exitCode !== 0) return undefined
  return z.array(inspectionSchema).parse(JSON.parse(stdout))[0]
}

async function tell({ engine, container, say, signal }: AwaitedService, what: string): Promise<void> {
  await say(`${what}; its last lines:`)
  const { stdout, stderr } = await engine.call(['logs', '--tail', LOG_LINES, container], { signal })
  for (const line of `${stdout}${stderr}`.split('\n').filter(Boolean)) await say(`  ${line.slice(0, 500)}`)
}
