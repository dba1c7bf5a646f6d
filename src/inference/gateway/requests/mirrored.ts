import { headerOf } from '../../frames/index.ts'
import type { ProtocolName } from '../../protocols/index.ts'
import type { GatewayState } from '../state.ts'
import type { Mirrored, MirrorTarget, Side } from '../traffic/mirror/mirrors.ts'
import { routeKey } from '../traffic/routing.ts'
import { inSample } from './sample.ts'

/** The arm of what a mirror answered. */
export const SHADOW = 'shadow'

/** Hands a mirror's answer to the log, where its route has one: a record of its own, of the same id. */
export function takeMirrored(
  state: GatewayState,
  request: Mirrored,
  target: MirrorTarget,
  mirror: Side,
): void {
  const { environment, model, requestId } = request
  const rule = state.routes.get(routeKey(environment, model))?.log
  if (rule === undefined || !inSample(requestId, rule.share)) return
  state.requests?.take({
    rule,
    requestId,
    at: Date.now() - mirror.ms,
    environment,
    model,
    versionId: target.version,
    version: target.versionNumber,
    arm: SHADOW,
    drawn: true,
    draw: 0,
    status: mirror.status,
    code: undefined,
    ms: mirror.ms,
    upstreamMs: undefined,
    protocol: (headerOf(request.headers, 'protocol') ?? 'oip') as ProtocolName,
    token: undefined,
    traceId: undefined,
    request: undefined,
    answer: mirror.answer,
  })
}
