import { messageOf, systemCode } from '../core/index.ts'
import { compose } from './compose.ts'
import type { ServerSettings } from './control-plane.ts'
import { ServerError } from './errors.ts'
import { createApp } from './http/app.ts'

export interface ServerOptions extends ServerSettings {
  readonly host: string
  readonly port: number
}

export interface RunningServer {
  readonly url: string
  close(): Promise<void>
}

/** Starts the control plane. Throws PORT_IN_USE before anything has changed. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host, port } = options
  const composition = await compose(options)
  const app = await createApp(composition.services)
  try {
    await app.listen({ host, port })
  } catch (cause) {
    await composition.close()
    if (systemCode(cause) !== 'EADDRINUSE') throw cause
    throw new ServerError('PORT_IN_USE', {
      message: `Port ${port} of ${host} is in use: ${messageOf(cause)}`,
      hint: 'Stop what uses it, or choose another with --port.',
      cause,
    })
  }
  await composition.start()
  return {
    url: `http://${host}:${port}`,
    async close() {
      // Pushes that wait for their pipelines hold connections open until they are let go.
      await Promise.all([composition.services.git.close(), app.close()])
      await composition.close()
    },
  }
}
