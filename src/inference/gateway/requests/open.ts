import { join } from 'node:path'
import type { GatewayReport } from '../../../api/index.ts'
import type { Logger } from '../../../core/index.ts'
import type { GatewayState } from '../state.ts'
import { routeKey } from '../traffic/routing.ts'
import type { FeedbackItem } from './labels/feedback.ts'
import { Labels } from './labels/labels.ts'
import { Waiting } from './labels/waiting.ts'
import { takeMirrored } from './mirrored.ts'
import { RequestLog } from './request-log.ts'
import { inSample } from './sample.ts'

/** A gateway's requests and what is told of them later. */
export interface Requests {
  readonly log: RequestLog
  readonly labels: Labels
  /** Counts of all that was told, cumulative; a ledger's name says of which. */
  quality(): Promise<NonNullable<GatewayReport['quality']>>
  close(): Promise<void>
}

export interface RequestsOptions {
  readonly folder: string
  readonly logger: Logger
  /** Epoch milliseconds. */
  readonly now?: () => number
}

const EXPIRE_MS = 60_000

/** Opens what is there, and lets `state` write to it. */
export async function openRequests(state: GatewayState, options: RequestsOptions): Promise<Requests> {
  const { folder, logger, now = Date.now } = options
  const { registry } = state.counters
  const log = await RequestLog.open(folder, { logger, registry, now })
  const waiting = await Waiting.open(join(folder, 'waiting'), now)
  const labels = new Labels({
    log,
    waiting,
    now,
    projectOf: ({ environment, model }) => state.routes.get(routeKey(environment, model))?.project,
    mayBeLogged: item => mayBeLogged(state, item),
  })
  log.written.on(({ entries }) => labels.written(entries.map(({ id }) => id)))
  registry.counted('ballast_feedback', 'What was told of requests, by what became of it.', ['outcome'], () =>
    Object.entries(labels.counts).map(([fate, value]) => ({ labels: [fate], value })),
  )
  registry.gauge('ballast_feedback_waiting', 'Feedback whose request is not known.', [], () => [
    { labels: [], value: waiting.size },
  ])
  const expire = setInterval(() => void waiting.retain().catch(() => undefined), EXPIRE_MS).unref()
  state.requests = log
  state.labels = labels
  state.mirrors.onMirrored = (...pair) => takeMirrored(state, ...pair)
  return {
    log,
    labels,
    quality: async () =>
      (await log.logs()).map(({ environment, model, labels: { name, last, quality } }) => ({
        ledger: name,
        n: last,
        environment,
        model,
        ...quality,
      })),
    async close() {
      clearInterval(expire)
      await log.flush()
      await labels.settled()
      await log.close()
      await waiting.close()
    },
  }
}

/** By the shares that hold now: those of before may have been others, so what was written is looked for first. */
function mayBeLogged(state: GatewayState, { id, environment, model }: FeedbackItem): boolean {
  for (const [key, route] of state.routes) {
    if (route.log === undefined || !inSample(id, route.log.share)) continue
    const [ofRoute, named] = key.split('/')
    if ((environment ?? ofRoute) === ofRoute && (model ?? named) === named) return true
  }
  return false
}
