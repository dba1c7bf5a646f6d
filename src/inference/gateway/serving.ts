import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createLogger, type Logger, messageOf, systemCode } from '../../core/index.ts'
import { InferenceError } from '../errors.ts'
import { MAX_BODY_BYTES } from '../protocols/index.ts'
import { type FollowedPair, followKeyPair, type TlsFiles } from './front/listen/tls-files.ts'
import { GatewayServer } from './front/server.ts'
import type { GatewayState } from './state.ts'
import { silent } from './telemetry/silent.ts'
import type { Telemetry } from './telemetry/trace.ts'

export interface ServingOptions {
  /** Port 0 takes a free one. */
  readonly listen: { readonly host: string; readonly port: number }
  readonly version?: string
  readonly maxBodyBytes?: number
  readonly telemetry?: Telemetry
  /** Speaks TLS only. The files are followed: a renewed pair is taken without a restart. */
  readonly tls?: TlsFiles | undefined
  readonly logger?: Logger
  /** Something was counted. */
  readonly onCounted?: () => void
}

export interface ServingGateway {
  readonly url: string
  readonly port: number
  /** Looks now whether certificate and key were renewed; it is done every 2 s. */
  renewTls(): Promise<void>
  /** Takes no more connections, and lets those under way finish for some seconds. */
  close(): Promise<void>
}

const CLOSE_LIMIT_MS = 8000

/** Opens the door to what `state` routes; whoever gives it its table, a control plane or a command. Throws PORT_IN_USE, TLS_INVALID. */
export async function openGateway(state: GatewayState, options: ServingOptions): Promise<ServingGateway> {
  const telemetry = options.telemetry ?? silent
  const tls = await followed(options, () => server)
  const server = new GatewayServer(state, {
    tls: tls?.pair,
    version: options.version ?? '0',
    maxBodyBytes: options.maxBodyBytes ?? MAX_BODY_BYTES,
    telemetry,
    onCounted: options.onCounted ?? (() => {}),
  })
  try {
    await listen(server, options.listen)
  } catch (error) {
    tls?.close()
    state.pool.close()
    throw error
  }
  let closed: Promise<void> | undefined
  async function close(): Promise<void> {
    tls?.close()
    await server.close(CLOSE_LIMIT_MS)
    state.pool.close()
    await telemetry.close()
  }
  const { address, port, family } = server.door.server.address() as AddressInfo
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    port,
    renewTls: async () => tls?.look(),
    close: () => (closed ??= close()),
  }
}

async function followed(
  { tls, logger = createLogger('gateway') }: ServingOptions,
  server: () => GatewayServer,
): Promise<FollowedPair | undefined> {
  if (tls === undefined) return undefined
  return followKeyPair(tls, {
    renewed: pair => {
      server().door.renew(pair)
      logger.info({ certificate: tls.certPath }, 'the certificate was renewed')
    },
    problem: reason =>
      logger.error({ reason }, 'certificate and key could not be renewed; the last ones stay'),
  })
}

async function listen(server: GatewayServer, { host, port }: ServingOptions['listen']): Promise<void> {
  server.door.server.listen({ host, port })
  try {
    await once(server.door.server, 'listening')
  } catch (cause) {
    const code = systemCode(cause)
    throw new InferenceError('PORT_IN_USE', {
      message:
        code === 'EADDRINUSE'
          ? `Port ${port} of ${host} is in use`
          : `Could not listen on ${host}:${port}: ${messageOf(cause)}`,
      hint: 'Stop what uses it, or choose another with --listen.',
      cause,
    })
  }
}
