import { createServer } from 'node:net'
import { messageOf, systemCode } from '../../core/index.ts'
import { ServerError } from '../errors.ts'

export interface ListenAddress {
  readonly host: string
  readonly port: number
  /** The option that chooses it: `--port`. */
  readonly option: string
}

/** Listens for a moment, so that a taken port is one clear error before anything runs. Throws PORT_IN_USE. */
export function checkPort({ host, port, option }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', cause => {
      const taken = systemCode(cause) === 'EADDRINUSE'
      reject(
        new ServerError('PORT_IN_USE', {
          message: taken
            ? `Port ${port} of ${host} is in use`
            : `Can't listen on ${host}:${port}: ${messageOf(cause)}`,
          hint: taken
            ? `End the program that uses it (\`ss -ltnp\` names it), or choose another with ${option}.`
            : `Choose another with --listen and ${option}.`,
          details: { host, port },
          cause,
        }),
      )
    })
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve()))
  })
}
