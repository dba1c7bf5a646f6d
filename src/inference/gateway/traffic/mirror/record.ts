import { hash } from 'node:crypto'
import { headerOf, type ResponseFrame } from '../../../frames/index.ts'
import { type Comparison, contentOf } from './compare.ts'
import type { Mirrored, MirrorTarget, Side } from './mirrors.ts'

/** Of an answer that is kept; the rest is cut off, and told. */
const MAX_KEPT_BYTES = 64 * 1024

/** What was seen of a pair; without a look, nothing. */
export interface Looked extends Partial<Comparison> {
  readonly look: boolean
  /** Undefined where not both succeeded. */
  readonly identical: boolean | undefined
}

/** A line of pairs.jsonl. Digests are of what an answer says, names and versions aside. */
export function recordOf(
  request: Mirrored,
  target: MirrorTarget,
  primary: Side,
  mirror: Side,
  found: Looked,
): string {
  const keep = target.keep === 'answers'
  const { requestId, environment, model } = request
  return JSON.stringify({
    at: new Date().toISOString(),
    requestId,
    environment,
    model,
    rollout: target.rollout,
    primary: {
      version: request.version,
      versionNumber: request.versionNumber,
      arm: request.arm,
      ...sideOf(primary, keep, found.look),
    },
    mirror: {
      version: target.version,
      versionNumber: target.versionNumber,
      ...sideOf(mirror, keep, found.look),
    },
    identical: found.identical,
    agreed: found.identical || found.agreed,
    largestDifference: found.identical ? 0 : found.largestDifference,
  })
}

function sideOf(
  { status, ms, answer }: Side,
  keep: boolean,
  look: boolean,
): Readonly<Record<string, unknown>> {
  const told = { status, ms: Math.round(ms * 1000) / 1000 }
  if (answer === undefined) return told
  if (!look) return { ...told, bytes: answer.body.length }
  const digest = `sha256:${hash('sha256', contentOf(answer))}`
  return { ...told, bytes: answer.body.length, digest, ...(keep && keptOf(answer)) }
}

function keptOf({ headers, body }: ResponseFrame): Readonly<Record<string, unknown>> {
  const kept = body.subarray(0, MAX_KEPT_BYTES)
  const cut = kept.length < body.length ? { cut: true } : {}
  const isText = headerOf(headers, 'content-type')?.startsWith('application/json') === true
  return isText
    ? { answer: kept.toString('utf8'), ...cut }
    : { answerBase64: kept.toString('base64'), ...cut }
}
