import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Right, Scope } from '../../access/index.ts'
import type { Attempt } from '../../pipeline/index.ts'
import type { Caller } from '../access/authenticate.ts'

export type App = FastifyInstance<Server, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypeProvider>

/** What a route needs of its caller. Every route says so, or the server does not start. */
export type Access =
  /** Anybody: the log-in, the UI's files. */
  | { readonly kind: 'open' }
  /** Any valid token; the handler asks for rights itself, once it knows the project. */
  | { readonly kind: 'caller' }
  /** A right on the whole server. */
  | { readonly kind: 'right'; readonly right: Right }
  | { readonly kind: 'agent'; readonly scope: Extract<Scope, `agent:${string}`> }
  /** The token of the attempt in `:id`. */
  | { readonly kind: 'attempt' }

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
  }
  interface FastifyRequest {
    caller: Caller | undefined
    attempt: Attempt | undefined
  }
}
