import { z } from 'zod'
import type { HookId } from '../../../../core/index.ts'
import { notFound, ServerError } from '../../../errors.ts'
import { openHookSecret } from '../../../mirrors/credentials.ts'
import { receive } from '../../../mirrors/hooks/receive.ts'
import { verify } from '../../../mirrors/hooks/verify.ts'
import type { Services } from '../../../services.ts'
import { unauthenticated } from '../../guard.ts'
import type { App } from '../../types.ts'

/** Forges cut theirs at 25 MB; a push of a thousand commits has about one. */
const MAX_BODY_BYTES = 10 * 1024 * 1024

/** What forges call. Bodies are taken as they come: the signature is of their bytes. */
export async function hookRoutes(app: App, services: Services): Promise<void> {
  await app.register(async scope => {
    scope.removeContentTypeParser('application/json')
    scope.addContentTypeParser(
      ['application/json', 'application/x-www-form-urlencoded'],
      { parseAs: 'buffer', bodyLimit: MAX_BODY_BYTES },
      (_request, body, done) => done(null, body),
    )
    deliveryRoute(scope as App, services)
  })
}

function deliveryRoute(app: App, services: Services): void {
  const { plane, logins, mirrors } = services
  const find = async (id: string, ip: string) => {
    const mirror = await plane.stores.triggers.mirrorByHook(id as HookId)
    if (mirror) return mirror
    logins.take(`hook ${ip}`)
    throw notFound('hook', id.slice(0, 100))
  }
  app.post(
    '/api/v1/hooks/:id',
    {
      config: { access: { kind: 'open' } },
      bodyLimit: MAX_BODY_BYTES,
      // Before anything of the body is read: only who knows an address may send much.
      onRequest: async request => void (await find(request.params.id, request.ip)),
      schema: {
        params: z.object({ id: z.string().max(100) }),
        response: { 202: z.object({ outcome: z.string() }) },
      },
    },
    async (request, reply) => {
      const mirror = await find(request.params.id, request.ip)
      const body = request.body as Buffer
      const verified = Buffer.isBuffer(body)
        ? verify(mirror.forge, request.headers, body, await openHookSecret(plane.vault, mirror))
        : undefined
      if (!verified) {
        logins.take(`hook ${request.ip}`)
        throw unauthenticated(`This delivery is not signed with the hook's secret, as ${mirror.forge} does`)
      }
      const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true
      const outcome = await receive(plane, mirrors, mirror, verified, payloadOf(body, isForm))
      if (outcome === 'unreadable')
        throw new ServerError('REQUEST_INVALID', {
          message: `A delivery of '${verified.event}' has not the form that ${mirror.forge} gives it`,
          hint: 'Check that the webhook is of the forge that the mirror names: `ballast mirror show`.',
        })
      return reply.status(202).send({ outcome })
    },
  )
}

/** JSON, or a form whose field `payload` is JSON, as GitHub sends it on request. Throws REQUEST_INVALID. */
function payloadOf(body: Buffer, isForm: boolean): unknown {
  const text = body.toString('utf8')
  try {
    return JSON.parse(isForm ? (new URLSearchParams(text).get('payload') ?? '') : text) as unknown
  } catch (cause) {
    throw new ServerError('REQUEST_INVALID', {
      message: 'The body of the delivery is no JSON',
      hint: 'Let the webhook send application/json.',
      cause,
    })
  }
}
