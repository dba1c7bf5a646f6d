import { type AddressInfo, createServer } from 'node:net'
import { messageOf, systemCode } from '../core/index.ts'
import { compose } from './compose.ts'
import type { ServerSettings } from './control-plane.ts'
import { ServerError } from './errors.ts'
import { createApp } from './http/app.ts'

export interface ServerOptions extends Omit<ServerSettings, 'publicUrl'> {
  readonly host: string
  /** 0: any free one; `RunningServer.url` tells which. */
  readonly port: number
  /** Default: the address that it listens on. */
  readonly publicUrl?: string
}

export interface RunningServer {
  readonly url: string
  close(): Promise<void>
}

/** Starts the control plane. Throws PORT_IN_USE before anything has changed. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host, publicUrl, ...rest } = options
  let { port } = options
  await checkAddress(host, port)
  const settings: ServerSettings = {
    ...rest,
    get publicUrl() {
      return publicUrl ?? urlOf(host, port)
    },
  }
  const composition = await compose(settings)
  const app = await createApp(composition.services)
  try {
    await app.listen({ host, port })
    port = boundPort(app.server.address()) ?? port
    await composition.start()
  } catch (cause) {
    await app.close()
    await composition.close()
    throw addressError(host, port, cause) ?? cause
  }
  return {
    url: urlOf(host, port),
    async close() {
      // Pushes that wait for their pipelines hold connections open until they are let go; every other open
      // connection (followed logs, agents' streams, waiting runners) is cut then.
      await Promise.all([composition.services.git.close(), composition.services.lfs.close()])
      await app.close()
      await composition.close()
    },
  }
}

function boundPort(address: AddressInfo | string | null): number | undefined {
  return typeof address === 'object' && address !== null ? address.port : undefined
}

function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Listens for a moment, so that a used port is told before the state folder is touched. */
async function checkAddress(host: string, port: number): Promise<void> {
  const probe = createServer()
  await new Promise<void>((resolve, reject) => {
    probe.once('error', cause => reject(addressError(host, port, cause) ?? cause))
    probe.listen({ host, port }, () => probe.close(() => resolve()))
  })
}

function addressError(host: string, port: number, cause: unknown): ServerError | undefined {
  switch (systemCode(cause)) {
    case 'EADDRINUSE':
      return new ServerError('PORT_IN_USE', {
        message: `Port ${port} of ${host} is in use: ${messageOf(cause)}`,
        hint: 'Stop what uses it, or choose another with --listen.',
        cause,
      })
    case 'EACCES':
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new ServerError('ADDRESS_UNUSABLE', {
        message: `${host}:${port} can't be listened on: ${messageOf(cause)}`,
        hint: 'Use an address of this machine and a port from 1024 on, such as 127.0.0.1:7420.',
        cause,
      })
    default:
      return undefined
  }
}
