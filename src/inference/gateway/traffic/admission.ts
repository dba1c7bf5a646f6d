import type { Milliseconds } from '../../../core/index.ts'
import type { ResponseFrame } from '../../frames/index.ts'
import type { ProtocolName } from '../../protocols/index.ts'
import { type GatewayState, versionOf } from '../state.ts'
import type { RequestTrace } from '../telemetry/trace.ts'
import { affinityOf, type RouteTargets, type Target } from './routing.ts'

/** A prediction before its body is read, whatever transport it came by. */
export interface RequestHead {
  readonly environment: string
  readonly model: string
  readonly version: number | undefined
  readonly protocol: ProtocolName
  /** By lower-case name. */
  header(name: string): string | undefined
  readonly remoteAddress: string
  /** Monotonic. */
  readonly cameAt: Milliseconds
  readonly timeoutMs: Milliseconds
  readonly trace: RequestTrace
}

/** Who waits for a prediction. One of both is called, once. */
export interface Caller {
  answer(answer: ResponseFrame, target: Target): void
  fail(error: unknown): void
}

/** Where a request goes by the table of this moment. */
export interface Choice {
  readonly route: RouteTargets
  readonly target: Target
  /** Asked for by number: no other version may answer, and no rollout counts it. */
  readonly pinned: boolean
}

/** A request that may be served: its body can be read. */
export interface Admitted {
  readonly head: RequestHead
  /** Asked for each attempt: the table may have changed since the last. Throws where the model is gone. */
  choose(): Choice
}

/** Throws MODEL_UNKNOWN, VERSION_UNKNOWN, UNAUTHENTICATED, FORBIDDEN: before the body is read, where it is for nobody. */
export function admit(state: GatewayState, head: RequestHead): Admitted {
  const { environment, model, version } = head
  const route = state.route(environment, model)
  state.allow(route, head.header('authorization'))
  if (version !== undefined) versionOf(route, version)
  const affinity = head.header('ballast-affinity')
  const draw = affinity === undefined ? Math.random() : affinityOf(affinity)
  return {
    head,
    choose() {
      const route = state.route(environment, model)
      return { route, target: state.choose(route, version, draw), pinned: version !== undefined }
    },
  }
}
