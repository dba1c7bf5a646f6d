import { join } from 'node:path'
import type { ListenAddress } from './ports.ts'

/** One process that a supervisor keeps. */
export interface RoleSpec {
  readonly role: string
  /** Its own folder, where its control socket is. */
  readonly folder: string
  /** After the script: `['server', '--data', …]`. */
  readonly args: readonly string[]
  /** Checked before the first start, when it does not run yet. */
  readonly listens?: ListenAddress
  /** How long it may take to end well. */
  readonly stopDeadlineMs: number
}

export interface RoleOptions {
  readonly dataDir: string
  /** Host that server and gateway listen on. */
  readonly listen: string
  readonly port: number
  readonly gatewayPort: number
  /** What links and remotes begin with; no slash at the end. */
  readonly publicUrl: string
  readonly gatewayUrl: string
  readonly sandbox: boolean
  /** More options of the server: `['--keep-logs', '90d']`. */
  readonly server?: readonly string[]
  /** More options of the runner: `['--label', 'gpu']`. */
  readonly runner?: readonly string[]
  /** More options of the host: `['--memory', '8GiB']`. */
  readonly host?: readonly string[]
  /** More options of the gateway: `['--tls-cert', 'chain.pem']`. */
  readonly gateway?: readonly string[]
}

/**
 * The four processes of a machine, the server first: the others need the tokens that it makes on its first start.
 *
 *   server  --data D --listen H:P --public-url U --gateway-url G […]
 *   runner  --data D/runner  --server S --token-file D/secrets/runner.token [--sandbox none] […]
 *   host    --data D/host    --server S --token-file D/secrets/host.token [--memory 8GiB]
 *   gateway --data D/gateway --server S --token-file D/secrets/gateway.token --listen H:P […]
 */
export function rolesOf(options: RoleOptions): readonly RoleSpec[] {
  const {
    dataDir,
    listen,
    port,
    gatewayPort,
    publicUrl,
    gatewayUrl,
    sandbox,
    server = [],
    runner = [],
    host = [],
    gateway = [],
  } = options
  const serverUrl = `http://${authority(reachable(listen), port)}`
  const agent = (role: string, stopDeadlineMs: number, ...more: string[]): RoleSpec => {
    const folder = join(dataDir, role)
    const token = join(dataDir, 'secrets', `${role}.token`)
    const args = [role, '--data', folder, '--server', serverUrl, '--token-file', token, ...more]
    return { role, folder, args, stopDeadlineMs }
  }
  const urls = ['--public-url', publicUrl, '--gateway-url', gatewayUrl]
  return [
    {
      role: 'server',
      folder: dataDir,
      args: ['server', '--data', dataDir, '--listen', authority(listen, port), ...urls, ...server],
      listens: { host: listen, port, option: '--port' },
      stopDeadlineMs: 15_000,
    },
    agent('host', 15_000, ...host),
    {
      ...agent('gateway', 10_000, '--listen', authority(listen, gatewayPort), ...gateway),
      listens: { host: listen, port: gatewayPort, option: '--gateway-port' },
    },
    agent('runner', 15_000, ...(sandbox ? [] : ['--sandbox', 'none']), ...runner),
  ]
}

/** `host:port` as a URL writes it. */
export function authority(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Where a program of this machine reaches what listens on `host`. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  return host === '::' ? '::1' : host
}
