import { realpathSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { homedir, hostname } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { parseDuration, parseSize, systemCode } from '../../core/index.ts'
import {
  authority,
  rolesOf,
  SupervisionError,
  type SupervisionEvent,
  superviseAll,
} from '../../server/supervision/index.ts'
import { paint } from '../report.ts'
import { type JobFlags, jobArguments, withJobOptions } from '../runner-options.ts'
import { version } from '../version.ts'

interface Options extends JobFlags {
  readonly data: string
  readonly listen: string
  readonly port: number
  readonly gatewayPort: number
  readonly publicUrl?: string
  readonly gatewayUrl?: string
  readonly modelMemory?: string
  readonly keepLogs?: string
  readonly keepWarm?: string
  readonly gcGrace?: string
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly sandbox: boolean
  readonly json?: boolean
}

/** `ballast up`: everything on one machine, supervised. `script` is what each role is started with. */
export function upCommand(script: string = process.argv[1] ?? ''): Command {
  const command = new Command('up')
    .description(
      'the whole of Ballast on this machine: server, runner, model host and gateway, state in one folder',
    )
    .option('--data <folder>', 'state folder (BALLAST_DATA)', defaultDataFolder())
    .option('--listen <host>', 'host to listen on; 0.0.0.0 for every network', '127.0.0.1')
    .option('--port <port>', 'of the web UI, the API and git', parsePort, 7420)
    .option('--gateway-port <port>', 'of predictions', parsePort, 7421)
    .option('--public-url <url>', 'what links and git remotes begin with', parseUrl)
    .option('--gateway-url <url>', 'where clients send predictions', parseUrl)
    .option('--model-memory <size>', 'of all models together, such as 8GiB: those used least sleep', sizeText)
    .option(
      '--keep-logs <time>',
      'how long logs of jobs are kept, such as 90d (default: for ever)',
      durationText,
    )
    .option(
      '--keep-warm <size>',
      'whole copies of packed models, at most (default: a tenth of the disk, up to 20 GB)',
      sizeText,
    )
    .option('--gc-grace <time>', 'how long stays what nothing refers to (default: 7d)', durationText)
    .option(
      '--tls-cert <file>',
      'of the gateway: its certificate chain in PEM, for the name in --gateway-url',
    )
    .option('--tls-key <file>', 'its private key in PEM')
    .option('--no-sandbox', 'run jobs as this very user: only where everybody who may push is trusted')
    .option('--json', 'print one line of JSON when ready')
  return withJobOptions(command).action((options: Options) => run(options, realpathSync(script)))
}

async function run(options: Options, script: string): Promise<void> {
  const { listen, port, gatewayPort, sandbox, json = false } = options
  const dataDir = resolve(options.data)
  const publicUrl = options.publicUrl ?? `http://${authority(publicHost(listen), port)}`
  const tls = tlsArguments(options)
  const scheme = tls.length === 0 ? 'http' : 'https'
  const gatewayUrl = options.gatewayUrl ?? `${scheme}://${authority(publicHost(listen), gatewayPort)}`
  say(`${paint('bold', `Ballast ${version}`)}  ${paint('gray', dataDir)}`)
  if (!sandbox) say(`${paint('yellow', 'warning:')} jobs run without a sandbox, as this user`)

  const supervision = superviseAll({
    dataDir,
    entry: [script],
    version,
    roles: rolesOf({
      dataDir,
      listen,
      port,
      gatewayPort,
      publicUrl,
      gatewayUrl,
      sandbox,
      server: serverArguments(options),
      runner: jobArguments(options),
      host: options.modelMemory === undefined ? [] : ['--memory', options.modelMemory],
      gateway: tls,
    }),
    onEvent: event => say(describe(event)),
  })
  const stopped = stopOnSignals(supervision)
  process.stdout.on('error', () => undefined)
  try {
    const hellos = await supervision.ready
    const pids = Object.fromEntries([...hellos.values()].map(({ name, pid }) => [name, pid]))
    await announce({ json, dataDir, publicUrl, gatewayUrl, pids })
  } catch (error) {
    if (!(error instanceof SupervisionError && error.code === 'STOPPED')) throw error
    process.exitCode = 130
  }
  await stopped
  say('Stopped.')
}

/** Checked here, and handed on as it is. */
function sizeText(text: string): string {
  parseSize(text)
  return text
}

/** Checked here, and handed on as it is. */
function durationText(text: string): string {
  parseDuration(text)
  return text
}

function serverArguments({ keepLogs, keepWarm, gcGrace }: Options): readonly string[] {
  const given = { '--keep-logs': keepLogs, '--keep-warm': keepWarm, '--gc-grace': gcGrace }
  return Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [name, value]))
}

function tlsArguments({ tlsCert, tlsKey }: Options): readonly string[] {
  if (tlsCert === undefined && tlsKey === undefined) return []
  if (tlsCert !== undefined && tlsKey !== undefined) {
    return ['--tls-cert', resolve(tlsCert), '--tls-key', resolve(tlsKey)]
  }
  throw new InvalidArgumentError('--tls-cert and --tls-key go together.')
}

interface Ready {
  readonly json: boolean
  readonly dataDir: string
  readonly publicUrl: string
  readonly gatewayUrl: string
  readonly pids: Readonly<Record<string, number>>
}

async function announce({ json, dataDir, publicUrl, gatewayUrl, pids }: Ready): Promise<void> {
  const tokenFile = join(dataDir, 'secrets', 'first-admin-token')
  const token = await firstToken(tokenFile)
  if (json) {
    const facts = { url: publicUrl, gatewayUrl, dataDir, pids, ...(token !== undefined && { token }) }
    process.stdout.write(`${JSON.stringify(facts)}\n`)
  } else {
    const lines = [`Control plane  ${publicUrl}`, `Predictions    ${gatewayUrl}`]
    if (token !== undefined) lines.push(`Admin token    ${token}   (shown this once; keep it)`)
    process.stdout.write(`\n${lines.join('\n')}\n\nCtrl-C stops everything.\n`)
  }
  if (token !== undefined) await rm(tokenFile, { force: true })
}

/** The admin's secret, which the server leaves on its first start. */
async function firstToken(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim() || undefined
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/** The first Ctrl-C (or SIGTERM) ends everything well, the second at once. Resolves when all has ended. */
function stopOnSignals(supervision: { stop(): Promise<void>; kill(): Promise<void> }): Promise<void> {
  return new Promise(done => {
    let asked = false
    const stop = () => {
      if (asked) return void supervision.kill()
      asked = true
      say('\nStopping; Ctrl-C again ends it at once.')
      void supervision.stop().finally(() => {
        process.removeListener('SIGINT', stop).removeListener('SIGTERM', stop)
        done()
      })
    }
    process.on('SIGINT', stop).on('SIGTERM', stop)
  })
}

function describe(event: SupervisionEvent): string {
  const role = event.role.padEnd(8)
  switch (event.kind) {
    case 'starting':
      return paint('gray', `  … ${role} starts (process ${event.pid})`)
    case 'adopted':
      return paint('gray', `  … ${role} runs already (process ${event.pid})`)
    case 'replaced':
      return paint('yellow', `  ↻ ${role} runs with ${event.why}: replaced`)
    case 'ready':
      return `  ${paint('green', '✓')} ${role} ready`
    case 'stopped':
      return paint('gray', `  – ${role} ended`)
    case 'killed':
      return paint('yellow', `  ! ${role} did not end within ${event.afterMs / 1000} s: killed`)
    case 'died': {
      const when = event.restartsInMs === 0 ? 'now' : `in ${event.restartsInMs / 1000} s`
      const said = event.failures > 1 ? event.lastLines.map(line => `\n      ${line}`).join('') : ''
      return paint('yellow', `  ! ${role} died; starts again ${when} (log: ${event.log})${said}`)
    }
  }
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** $BALLAST_DATA, else $XDG_DATA_HOME/ballast, else ~/.local/share/ballast. */
function defaultDataFolder(): string {
  const { BALLAST_DATA: own, XDG_DATA_HOME: shared } = process.env
  if (own) return own
  // The specification says that a relative path there is to be ignored.
  return join(shared && isAbsolute(shared) ? shared : join(homedir(), '.local', 'share'), 'ballast')
}

/** What others call this machine when it listens everywhere. */
function publicHost(listen: string): string {
  return listen === '0.0.0.0' || listen === '::' ? hostname() : listen
}

function parsePort(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port
  throw new InvalidArgumentError('Expected a port from 1 to 65535.')
}

function parseUrl(text: string): string {
  const url = URL.parse(text)
  if (url !== null && /^https?:$/.test(url.protocol)) return text.replace(/\/+$/, '')
  throw new InvalidArgumentError('Expected a URL such as https://ballast.example.org.')
}
