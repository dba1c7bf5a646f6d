import type { FastifyRequest } from 'fastify'
import { mayActAs, parseBearer } from '../../access/index.ts'
import { type Caller, csrfTokenOf, sameSecret } from '../access/authenticate.ts'
import { ServerError } from '../errors.ts'
import { hashAttemptToken } from '../pipelines/dispatch.ts'
import type { Services } from '../services.ts'
import type { App } from './types.ts'

export const SESSION_COOKIE = 'ballast_session'
const SAFE = ['GET', 'HEAD', 'OPTIONS']

/** Checks, before any handler runs, what its route says that it needs. */
export function guard(app: App, services: Services): void {
  app.decorateRequest('caller', undefined)
  app.decorateRequest('attempt', undefined)
  app.addHook('onRoute', route => {
    if (!route.config?.access)
      throw new TypeError(`Route ${String(route.method)} ${route.url} says nothing of access`)
  })
  app.addHook('onRequest', async request => {
    const access = request.routeOptions.config.access
    if (!access || access.kind === 'open') return
    if (access.kind === 'attempt') {
      request.attempt = await attemptOf(services, request)
      return
    }
    const caller = await callerOf(services, request)
    request.caller = caller
    if (access.kind === 'right') await services.authenticator.need(caller, access.right)
    if (access.kind === 'agent' && !mayActAs(caller.principal, caller.scopes, access.scope)) {
      throw new ServerError('FORBIDDEN', {
        message: `This is for agents with the scope ${access.scope}`,
        hint: 'Start the agent with the token file that belongs to it.',
      })
    }
  })
}

async function attemptOf(services: Services, request: FastifyRequest) {
  const secret = parseBearer(request.headers.authorization)
  const attempt = secret && (await services.desk.byToken(hashAttemptToken(secret)))
  const { id } = request.params as { id?: string }
  if (!attempt || attempt.id !== id) throw unauthenticated('This token reaches no such attempt')
  return attempt
}

async function callerOf(services: Services, request: FastifyRequest): Promise<Caller> {
  const bearer = parseBearer(request.headers.authorization)
  if (bearer) {
    const key = `token ${request.ip}`
    const caller = await services.authenticator.caller(bearer)
    if (caller) return caller
    services.logins.take(key)
    throw unauthenticated('This token is unknown, revoked or expired')
  }
  const secret = request.cookies[SESSION_COOKIE]
  const caller = secret ? await services.authenticator.caller(secret) : undefined
  if (!secret || !caller) throw unauthenticated('Log in first')
  if (!SAFE.includes(request.method)) checkCsrf(request, secret)
  return caller
}

function checkCsrf(request: FastifyRequest, secret: string): void {
  const sent = request.headers['x-ballast-csrf']
  if (typeof sent === 'string' && sameSecret(sent, csrfTokenOf(secret))) return
  throw new ServerError('CSRF_MISMATCH', {
    message: 'The request does not come from this page',
    hint: 'Reload the page and try again.',
  })
}

export function unauthenticated(message: string): ServerError {
  return new ServerError('UNAUTHENTICATED', {
    message,
    hint: 'Send `Authorization: Bearer TOKEN`; an admin makes tokens with `ballast token create`.',
  })
}

/** The caller of a route that has one. */
export function callerIn(request: FastifyRequest): Caller {
  if (!request.caller) throw unauthenticated('Log in first')
  return request.caller
}
