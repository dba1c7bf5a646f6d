import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'

/**
 * A request's body as a stream of its own, at the pace of its reader. Destroying it leaves the connection open: who
 * refuses a body in its middle can still say why. A body that is cut off ends with an error.
 */
export function bodyOf(request: IncomingMessage): Readable {
  const body = new Readable({
    read: () => request.resume(),
    destroy(error, done) {
      request.off('data', take).off('end', end).off('error', fail).off('close', closed)
      done(error)
    },
  })
  const take = (chunk: Buffer) => {
    if (!body.push(chunk)) request.pause()
  }
  const end = () => body.push(null)
  const fail = (error: Error) => body.destroy(error)
  const closed = () => {
    if (!request.complete) body.destroy(new Error('The client went away before it had sent all'))
  }
  request.on('data', take).on('end', end).on('error', fail).on('close', closed)
  return body
}
