import { ReadStream } from 'node:fs'
import type { ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { freeBuffer } from '../../core/index.ts'
import { drained } from '../process/drained.ts'

/**
 * Sends a stream as a response's body to its end. Of a stream of a file, whose buffers nobody else has, each is freed
 * when it has gone out, so that memory does not grow with what is sent. Throws what the stream fails by, and
 * ERR_STREAM_PREMATURE_CLOSE where the client went away.
 */
export async function send(content: Readable, response: ServerResponse): Promise<void> {
  if (!(content instanceof ReadStream)) return pipeline(content, response)
  const gone = () => content.destroy()
  response.once('close', gone)
  try {
    for await (const chunk of content) {
      const bytes = chunk as Buffer
      const more = response.write(bytes, error => {
        if (!error) freeBuffer(bytes)
      })
      if (!more && !response.destroyed) await drained(response)
    }
    response.end()
  } finally {
    response.off('close', gone)
  }
}
