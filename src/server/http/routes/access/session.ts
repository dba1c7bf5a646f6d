import { z } from 'zod'
import { createToken, isLimited } from '../../../../access/index.ts'
import { meSchema } from '../../../../api/index.ts'
import { type Instant, newId, type TokenId } from '../../../../core/index.ts'
import { csrfTokenOf } from '../../../access/authenticate.ts'
import type { Services } from '../../../services.ts'
import { callerIn, SESSION_COOKIE, unauthenticated } from '../../guard.ts'
import type { App } from '../../types.ts'

const SESSION_MS = 7 * 24 * 3_600_000

/** Of the token behind a session: names the token that it was made with, and is revoked with it. */
export function sessionName(token: TokenId): string {
  return `session of the web UI, by ${token}`
}

/** The UI's log-in: a token once, then a cookie that no script reads, and a CSRF token for changes. */
export function sessionRoutes(app: App, { plane, authenticator, logins }: Services): void {
  const secure = plane.settings.publicUrl.startsWith('https:')
  app.post(
    '/api/v1/session',
    {
      config: { access: { kind: 'open' } },
      schema: { body: z.object({ token: z.string().min(1).max(200) }) },
    },
    async (request, reply) => {
      const key = `login ${request.ip}`
      logins.take(key)
      const caller = await authenticator.caller(request.body.token.trim())
      if (!caller || caller.principal.kind === 'agent')
        throw unauthenticated('This token is unknown, revoked or expired')
      logins.forgive(key)
      const { secret, hash } = createToken()
      const now = plane.clock.now()
      const { principal, token } = caller
      await plane.stores.access.addToken({
        id: newId('token'),
        principal: principal.id,
        name: sessionName(token.id),
        hash,
        // A session is a token of its own, whose predictions nobody would count.
        scopes: isLimited(token.limits) ? token.scopes.filter(scope => scope !== 'predict') : token.scopes,
        ...(token.project && { project: token.project }),
        createdAt: now,
        expiresAt: Math.min(now + SESSION_MS, token.expiresAt ?? Number.POSITIVE_INFINITY) as Instant,
      })
      void reply.setCookie(SESSION_COOKIE, secret, {
        httpOnly: true,
        sameSite: 'strict',
        path: '/',
        secure,
        maxAge: SESSION_MS / 1000,
      })
      return { csrf: csrfTokenOf(secret) }
    },
  )
  app.get('/api/v1/session', { config: { access: { kind: 'caller' } } }, async request => {
    const secret = request.cookies[SESSION_COOKIE]
    return { csrf: secret ? csrfTokenOf(secret) : null }
  })
  app.delete('/api/v1/session', { config: { access: { kind: 'caller' } } }, async (request, reply) => {
    // A script that comes with a token of its own has no session to end.
    if (request.headers.authorization === undefined)
      await plane.stores.access.revokeToken(callerIn(request).token.id)
    return reply.clearCookie(SESSION_COOKIE, { path: '/' }).status(204).send()
  })
  app.get(
    '/api/v1/me',
    { config: { access: { kind: 'caller' } }, schema: { response: { 200: meSchema } } },
    async request => {
      const { principal, scopes } = callerIn(request)
      const { version, publicUrl, gatewayUrl } = plane.settings
      return {
        name: principal.name,
        admin: principal.admin,
        scopes: [...scopes],
        server: { version, publicUrl, gatewayUrl },
      }
    },
  )
}
