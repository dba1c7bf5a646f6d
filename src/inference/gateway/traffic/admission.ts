import type { Milliseconds } from '../../../core/index.ts'
import type { ResponseFrame } from '../../frames/index.ts'
import type { ProtocolName } from '../../protocols/index.ts'
import { type GatewayState, versionOf } from '../state.ts'
import type { RequestTrace } from '../telemetry/trace.ts'
import type { Token } from './access.ts'
import { type RouteTargets, ruledTarget, type Target } from './routing.ts'
import { drawOf } from './sticky.ts'

/** The engine's: 1 goes before what asks for none, 3 and more behind it. */
const DEFAULT_PRIORITY = 2

/** A prediction before its body is read, whatever transport it came by. */
export interface RequestHead {
  readonly environment: string
  readonly model: string
  readonly version: number | undefined
  readonly protocol: ProtocolName
  /** By lower-case name. */
  header(name: string): string | undefined
  readonly remoteAddress: string
  /** Came over TLS. */
  readonly secure?: boolean | undefined
  /** Monotonic. */
  readonly cameAt: Milliseconds
  readonly timeoutMs: Milliseconds
  readonly trace: RequestTrace
}

/** Who waits for a prediction. One of both is called, once. */
export interface Caller {
  /** `headers`: what the gateway tells beside it, such as a cookie or how much of a limit is left. */
  answer(answer: ResponseFrame, target: Target, headers?: Readonly<Record<string, string>>): void
  fail(error: unknown): void
}

/** Where a request goes by the table of this moment. */
export interface Choice {
  readonly route: RouteTargets
  readonly target: Target
  /** Asked for by number: no other version may answer, and no rollout counts it. */
  readonly pinned: boolean
  /** By lot or affinity, so that a rollout may count it: who chooses its version by a header is no sample of all. */
  readonly drawn: boolean
}

/** A request that may be served: its body can be read. */
export interface Admitted {
  readonly head: RequestHead
  readonly state: GatewayState
  readonly token: Token | undefined
  /** Line of the frame's header block: the priority, or how far the body may go with its own; empty for neither. */
  readonly priority: string
  /** For the answer. */
  readonly headers: Readonly<Record<string, string>> | undefined
  /** Where its caller stands among the arms: uniform in [0, 1). */
  readonly draw: number
  /** Asked for each attempt: the table may have changed since the last. Throws where the model is gone. */
  choose(): Choice
}

/**
 * Throws MODEL_UNKNOWN, VERSION_UNKNOWN, UNAUTHENTICATED, FORBIDDEN, RATE_LIMITED, QUOTA_EXCEEDED: before the body is
 * read, where it is for nobody.
 */
export function admit(state: GatewayState, head: RequestHead): Admitted {
  const { environment, model, version } = head
  const route = state.route(environment, model)
  const token = state.allow(route, head.header('authorization'))
  if (version !== undefined) versionOf(route, version)
  const left = state.limit(head, token, route)
  const { draw, setCookie } = drawOf(head, version === undefined ? route.sticky : undefined)
  return {
    head,
    state,
    token,
    draw,
    priority: priorityOf(head, token, route),
    headers: setCookie === undefined ? left && { ...left } : { ...left, 'set-cookie': setCookie },
    choose() {
      const route = state.route(environment, model)
      const ruled =
        version === undefined && route.rules.length > 0 ? ruledTarget(route, head, state.leased) : undefined
      const target = ruled ?? state.choose(route, version, draw)
      return {
        route,
        target,
        pinned: version !== undefined,
        drawn: version === undefined && ruled === undefined,
      }
    },
  }
}

/** What goes behind the others may be asked for by anybody; what goes before them, by who may. 1 goes first. */
function priorityOf(head: RequestHead, token: Token | undefined, route: RouteTargets): string {
  const best = Math.min(token?.limits?.priority ?? DEFAULT_PRIORITY, route.priority ?? DEFAULT_PRIORITY)
  const asked = head.header('ballast-priority')
  if (asked !== undefined && /^[1-9]\d{0,8}$/.test(asked)) return priorityLine(Math.max(Number(asked), best))
  return best < DEFAULT_PRIORITY ? `priority-cap: ${best}\n` : ''
}

export function priorityLine(priority: number): string {
  return `priority: ${priority}\n`
}
