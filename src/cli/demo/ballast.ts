import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { ApiClient } from '../../api/index.ts'
import { BallastError } from '../../core/index.ts'

/** Ports that `ballast up` has by default; where one is taken, any free one. */
const USUAL_PORTS = [7420, 7421] as const

const readySchema = z.object({
  url: z.string(),
  gatewayUrl: z.string(),
  dataDir: z.string(),
  token: z.string(),
  pids: z.record(z.string(), z.number()),
})

/** A whole Ballast of its own, in a fresh folder: the very `ballast up` that users start. */
export interface DemoBallast {
  readonly url: string
  readonly gatewayUrl: string
  readonly token: string
  readonly folder: string
  readonly api: ApiClient
  /** Process ids by role, `up` among them. */
  readonly pids: Readonly<Record<string, number>>
  /** Ends it and waits until it has ended. */
  stop(): Promise<void>
}

export interface DemoOptions {
  /** The script of the `ballast` command. */
  readonly entry: string
  readonly sandbox: boolean
  readonly say: (line: string) => void
}

export async function startBallast(options: DemoOptions): Promise<DemoBallast> {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-demo-'))
  const [port, gatewayPort] = await Promise.all(USUAL_PORTS.map(freePort))
  const args = [
    'up',
    '--json',
    '--data',
    join(folder, 'state'),
    '--port',
    `${port}`,
    '--gateway-port',
    `${gatewayPort}`,
    ...(options.sandbox ? [] : ['--no-sandbox']),
  ]
  const child = spawn(process.execPath, [options.entry, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  })
  createInterface({ input: child.stderr }).on('line', options.say)
  const { url, gatewayUrl, token, pids } = await whenReady(child)
  return {
    url,
    gatewayUrl,
    token,
    folder,
    api: new ApiClient({ url, token }),
    pids: { ...pids, up: child.pid! },
    async stop() {
      if (child.exitCode !== null) return
      const ended = new Promise(resolve => child.once('exit', resolve))
      child.kill('SIGINT')
      await ended
    },
  }
}

function whenReady(child: ChildProcess): Promise<z.infer<typeof readySchema>> {
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout! }).on('line', line => {
      const ready = readySchema.safeParse(line.startsWith('{') ? JSON.parse(line) : undefined)
      if (ready.success) resolve(ready.data)
    })
    child.once('exit', code =>
      reject(
        new BallastError('DEMO_FAILED', {
          message: `\`ballast up\` ended with ${code} before it was ready`,
          hint: 'What it said is above.',
        }),
      ),
    )
  })
}

/** `wanted` when nothing listens there, else a port that the system gives. */
function freePort(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', () => (wanted === 0 ? reject(new Error('no free port')) : resolve(freePort(0))))
    probe.listen(wanted, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : wanted))
    })
  })
}
