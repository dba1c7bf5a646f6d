import { z } from 'zod'
import {
  createToken,
  type Principal,
  SCOPES,
  type Scope,
  scopesBeyond,
  type Token,
} from '../../../../access/index.ts'
import { predictionLimitsSchema } from '../../../../api/index.ts'
import { type Instant, isoOf, newId } from '../../../../core/index.ts'
import type { Caller } from '../../../access/authenticate.ts'
import { conflict, notFound, ServerError } from '../../../errors.ts'
import type { Services } from '../../../services.ts'
import { projectFor } from '../../find.ts'
import { callerIn } from '../../guard.ts'
import type { App } from '../../types.ts'
import { sessionName } from './session.ts'

/** A hundred years; much more is no date any more. */
const MAX_EXPIRY_MS = 100 * 365 * 24 * 3_600_000
const principalBody = z.object({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
  kind: z.enum(['person', 'service', 'agent']).default('person'),
  admin: z.boolean().default(false),
})
const tokenBody = z.object({
  name: z.string().min(1).max(100),
  scopes: z.array(z.enum(SCOPES)).min(1),
  project: z.string().optional(),
  /** Whose; only an admin makes tokens for others. */
  principal: z.string().optional(),
  expiresInMs: z.number().positive().max(MAX_EXPIRY_MS).optional(),
  /** Of its predictions. */
  limits: predictionLimitsSchema.optional(),
})

export function accessRoutes(app: App, services: Services): void {
  const { plane } = services
  const { access } = plane.stores
  const admin = { access: { kind: 'right', right: 'server.administer' } } as const

  app.get('/api/v1/principals', { config: admin }, async () =>
    (await access.principals()).map(({ createdAt, ...principal }) => ({
      ...principal,
      createdAt: isoOf(createdAt),
    })),
  )
  app.post(
    '/api/v1/principals',
    { config: admin, schema: { body: principalBody } },
    async (request, reply) => {
      if (request.body.kind === 'agent' && request.body.admin)
        throw new ServerError('REQUEST_INVALID', {
          message: 'An agent is no admin',
          hint: 'Make a person or a service for that.',
        })
      if (await access.principalByName(request.body.name))
        throw conflict(`There is a principal '${request.body.name}' already`, 'Choose another name.')
      const principal: Principal = { id: newId('principal'), createdAt: plane.clock.now(), ...request.body }
      await access.addPrincipal(principal)
      return reply.status(201).send({ ...principal, createdAt: isoOf(principal.createdAt) })
    },
  )

  app.get('/api/v1/tokens', { config: { access: { kind: 'caller' } } }, async request => {
    const caller = callerIn(request)
    await services.authenticator.need(caller, 'token.manage-own')
    const tokens = await access.tokens(caller.principal.admin ? undefined : caller.principal.id)
    return Promise.all(tokens.map(token => view(services, token)))
  })
  app.post(
    '/api/v1/tokens',
    { config: { access: { kind: 'caller' } }, schema: { body: tokenBody } },
    async (request, reply) => {
      const caller = callerIn(request)
      await services.authenticator.need(caller, 'token.manage-own')
      const { name, scopes, expiresInMs, limits } = request.body
      const owner = await ownerOf(services, caller.principal, request.body.principal)
      checkScopes(caller, owner, scopes)
      checkLimits(caller, request.body)
      const project =
        request.body.project === undefined
          ? undefined
          : await projectFor(services, caller, request.body.project)
      const bound = project?.id ?? caller.token.project
      if (scopes.includes('trigger') && bound === undefined)
        throw new ServerError('REQUEST_INVALID', {
          message: 'A token of the scope trigger is for one project',
          hint: 'Name it.',
        })
      if (caller.token.project && bound !== caller.token.project)
        throw new ServerError('FORBIDDEN', {
          message: 'Your token reaches another project only',
          hint: 'Use a token that reaches this project.',
        })
      const { secret, hash } = createToken()
      const now = plane.clock.now()
      const token: Token = {
        id: newId('token'),
        principal: owner.id,
        name,
        hash,
        scopes,
        createdAt: now,
        ...(bound && { project: bound }),
        ...(limits && { limits }),
        ...expiryOf(caller, expiresInMs, now, request.headers.authorization !== undefined),
      }
      await access.addToken(token)
      await services.publisher.publish()
      return reply.status(201).send({ secret, token: await view(services, token) })
    },
  )
  app.delete(
    '/api/v1/tokens/:id',
    { config: { access: { kind: 'caller' } }, schema: { params: z.object({ id: z.string() }) } },
    async (request, reply) => {
      const caller = callerIn(request)
      await services.authenticator.need(caller, 'token.manage-own')
      const { principal } = caller
      const found = (await access.tokens(principal.admin ? undefined : principal.id)).find(
        ({ id }) => id === request.params.id,
      )
      if (!found) throw notFound('token', request.params.id)
      await access.revokeToken(found.id)
      // What was logged in with it goes with it.
      for (const session of await access.tokens(found.principal))
        if (session.name === sessionName(found.id)) await access.revokeToken(session.id)
      await services.publisher.publish()
      return reply.status(204).send()
    },
  )
}

/** A token that ends makes none that outlives it. A session of the UI may: its owner showed the token itself. */
function expiryOf(
  { token }: Caller,
  expiresInMs: number | undefined,
  now: Instant,
  byToken: boolean,
): { readonly expiresAt?: Instant } {
  const asked = expiresInMs === undefined ? Number.POSITIVE_INFINITY : now + expiresInMs
  const least = Math.min(asked, byToken ? (token.expiresAt ?? asked) : asked)
  return Number.isFinite(least) ? { expiresAt: least as Instant } : {}
}

/**
 * A token never makes a stronger one. Agents' scopes are for agents alone, and only a server's admin, who has no
 * such scope, makes their tokens.
 */
function checkScopes(caller: Caller, owner: Principal, scopes: readonly Scope[]): void {
  const misplaced = scopes.filter(scope => scope.startsWith('agent:') !== (owner.kind === 'agent'))
  if (misplaced.length > 0)
    throw new ServerError('REQUEST_INVALID', {
      message: `${owner.name} is ${owner.kind === 'agent' ? 'an agent' : `a ${owner.kind}`} and can't have the scope ${misplaced.join(', ')}`,
      hint: "An agent's token has one of agent:runner, agent:host and agent:gateway; nobody else's has.",
    })
  const beyond = owner.kind === 'agent' ? [] : scopesBeyond(caller.scopes, scopes)
  if (beyond.length > 0)
    throw new ServerError('FORBIDDEN', {
      message: `Your token has no scope ${beyond.join(', ')} to give`,
      hint: 'Use a token that has these scopes.',
    })
}

/** What may make tokens could make itself one without limits: it is not limited. Only an admin gives a priority. */
function checkLimits({ principal }: Caller, { scopes, limits }: z.infer<typeof tokenBody>): void {
  if (!limits) return
  if (!scopes.includes('predict') || scopes.includes('admin'))
    throw new ServerError('REQUEST_INVALID', {
      message: `Limits are for tokens that predict and make no other tokens, not for ${scopes.join(', ')}`,
      hint: 'Give it the scope predict without admin, or leave the limits out.',
    })
  if (limits.priority !== undefined && !principal.admin)
    throw new ServerError('FORBIDDEN', {
      message: 'Only an admin lets a token go before others',
      hint: 'Leave the priority out, or ask an admin for the token.',
    })
}

async function ownerOf({ plane }: Services, caller: Principal, name: string | undefined): Promise<Principal> {
  if (name === undefined || name === caller.name) return caller
  if (!caller.admin)
    throw new ServerError('FORBIDDEN', {
      message: 'Only an admin makes tokens for others',
      hint: 'Leave the principal out to make one for yourself.',
    })
  const owner = await plane.stores.access.principalByName(name)
  if (!owner) throw notFound('principal', name)
  return owner
}

async function view({ plane }: Services, token: Token) {
  const { access } = plane.stores
  const principal = await access.principal(token.principal)
  const project = token.project ? await access.project(token.project) : undefined
  const time = (at: Instant | undefined) => (at === undefined ? null : isoOf(at))
  return {
    id: token.id,
    name: token.name,
    principal: principal?.name ?? token.principal,
    scopes: [...token.scopes],
    project: project?.name ?? null,
    createdAt: isoOf(token.createdAt),
    expiresAt: time(token.expiresAt),
    revokedAt: time(token.revokedAt),
    lastUsedAt: time(token.lastUsedAt),
    ...(token.limits && { limits: { ...token.limits } }),
  }
}
