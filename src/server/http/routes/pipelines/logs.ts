import type { ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'
import { messageOf } from '../../../../core/index.ts'
import { type Attempt, hasEnded } from '../../../../pipeline/index.ts'
import { inPlaceOf } from '../../../pipelines/keeping/old-logs.ts'
import type { Services } from '../../../services.ts'
import { type EventStream, openEventStream } from '../../sse.ts'

/** One event of a followed log carries at most this much. */
const MAX_EVENT_BYTES = 256 * 1024

export async function sendLog(
  { logs }: Services,
  attempt: Attempt,
  offset: number,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const length = await logs.length(attempt.id)
  void reply
    .type('text/plain; charset=utf-8')
    .header('ballast-log-length', length)
    .header('x-content-type-options', 'nosniff')
  return offset >= length
    ? reply.send(inPlaceOf(attempt, length) ?? '')
    : reply.send(logs.read(attempt.id, offset, length))
}

/**
 * text/event-stream of a log from `offset`: event `log` with base64 of the bytes and, as its id, the offset
 * behind them, so that a reader that was cut off resumes without a hole; event `end` when the attempt has ended
 * and everything was sent.
 */
export function followLog(
  services: Services,
  attempt: Attempt,
  offset: number,
  response: ServerResponse,
): void {
  const stream = openEventStream(response)
  let sent = offset
  let pumping = false
  let again = false
  const send = async () => {
    sent = await sendFrom(services, attempt, sent, stream)
    const now = await services.desk.byId(attempt.id)
    const length = await services.logs.length(attempt.id)
    if (now && hasEnded(now.state) && sent >= length) {
      const instead = inPlaceOf(now, length)
      if (instead)
        stream.send({ event: 'log', id: 0, data: { base64: Buffer.from(instead).toString('base64') } })
      stream.send({ event: 'end', id: sent, data: { state: now.state } })
      stream.close()
    }
  }
  const pump = async () => {
    again = true
    if (pumping) return
    pumping = true
    try {
      while (again && stream.open) {
        again = false
        await send()
      }
    } catch (error) {
      // Somebody who went away, or a server that ends; else the reader comes back and resumes.
      if (!stream.open) return
      services.plane.logger.error({ attempt: attempt.id, error: messageOf(error) }, 'a log was not followed')
      stream.close()
    } finally {
      pumping = false
    }
  }
  stream.onClose(services.logs.onGrowth(({ attempt: grown }) => grown === attempt.id && void pump()))
  stream.onClose(services.plane.changes.on(({ change }) => change.kind === 'pipeline' && void pump()))
  void pump()
}

async function sendFrom(
  { logs }: Services,
  attempt: Attempt,
  offset: number,
  stream: EventStream,
): Promise<number> {
  const length = await logs.length(attempt.id)
  let sent = offset
  while (sent < length && stream.open) {
    const end = Math.min(length, sent + MAX_EVENT_BYTES)
    const chunks: Buffer[] = []
    for await (const chunk of logs.read(attempt.id, sent, end)) chunks.push(chunk as Buffer)
    const bytes = Buffer.concat(chunks)
    if (bytes.length === 0) break
    sent += bytes.length
    stream.send({ event: 'log', id: sent, data: { base64: bytes.toString('base64') } })
  }
  return sent
}
