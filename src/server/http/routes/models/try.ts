import { request as httpRequest } from 'node:http'
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { messageOf } from '../../../../core/index.ts'
import { ServerError } from '../../../errors.ts'
import type { Services } from '../../../services.ts'

/** What the try-it box sends and gets is small; real clients go to the gateway. */
const MAX_TRY_BYTES = 16 * 1024 * 1024
const FORWARDED = ['content-type', 'ballast-model-version', 'ballast-arm'] as const

/** Hands the try-it box's request to the gateway, as the server's own caller, and its answer back. */
export async function forwardPrediction(
  { plane, predictSecret }: Services,
  model: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const body = await bodyOf(request)
  const url = new URL(`/v2/models/${encodeURIComponent(model)}/infer`, plane.settings.gatewayUrl)
  const answer = await new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: Buffer }>(
    (resolve, reject) => {
      const sent = httpRequest(
        url,
        {
          method: 'POST',
          headers: {
            authorization: `Bearer ${predictSecret}`,
            'content-type': request.headers['content-type'] ?? 'application/octet-stream',
            'content-length': body.length,
          },
          timeout: 30_000,
        },
        response => {
          collect(response, MAX_TRY_BYTES).then(
            answered =>
              resolve({ status: response.statusCode ?? 502, headers: response.headers, body: answered }),
            reject,
          )
        },
      )
      sent.on('timeout', () => sent.destroy(new Error('no answer within 30 s')))
      sent.on('error', reject)
      sent.end(body)
    },
  ).catch((cause: unknown) => {
    throw new ServerError('GATEWAY_UNREACHABLE', {
      message: `The gateway at ${plane.settings.gatewayUrl} did not answer: ${messageOf(cause)}`,
      hint: 'Check that `ballast gateway` runs, and --gateway-url.',
      cause,
    })
  })
  for (const name of FORWARDED) {
    const value = answer.headers[name]
    if (value !== undefined) void reply.header(name, value)
  }
  return reply.status(answer.status).send(answer.body)
}

async function bodyOf({ body }: FastifyRequest): Promise<Buffer> {
  return body instanceof Readable ? collect(body, MAX_TRY_BYTES) : Buffer.alloc(0)
}

/** Throws REQUEST_INVALID beyond `limit`. */
async function collect(stream: Readable, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > limit)
      throw new ServerError('REQUEST_INVALID', {
        message: `More than ${limit} bytes`,
        hint: 'Send large requests to the gateway.',
      })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, length)
}
