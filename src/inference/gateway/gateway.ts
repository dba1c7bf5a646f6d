import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { z } from 'zod'
import {
  type Ask,
  askSchema,
  type ForeignFeedback,
  foreignFeedbackSchema,
  type GatewayReport,
  leaseSchema,
  type RoutingTable,
  routingTableSchema,
} from '../../api/index.ts'
import { createLogger, type Logger, messageOf, randomText } from '../../core/index.ts'
import { followEvents, Reporter, type ServerEvent } from '../agents/index.ts'
import { Kept } from './kept.ts'
import { keepQuotas } from './kept-quotas.ts'
import { Answering } from './requests/answering.ts'
import { openRequests } from './requests/open.ts'
import { Relay } from './requests/relay.ts'
import { openGateway, type ServingGateway, type ServingOptions } from './serving.ts'
import { GatewayState } from './state.ts'
import { openTelemetry, type TelemetryOptions } from './telemetry/open.ts'
import { PairsFile } from './traffic/mirror/pairs-file.ts'

export interface GatewayOptions extends Omit<ServingOptions, 'onCounted' | 'telemetry'> {
  /** The control plane, without a slash at the end. */
  readonly serverUrl: string
  /** Of scope agent:gateway. */
  readonly token: string
  /** Holds the last routing table. */
  readonly dataDir: string
  readonly name: string
  /** In which wave of a rollout it is. */
  readonly region?: string
  readonly logger?: Logger
  /** Default: no access log; spans where the environment names a collector. */
  readonly telemetry?: TelemetryOptions
}

export interface RunningGateway {
  readonly url: string
  readonly port: number
  /** Revision of the routing table in use; 0 before the first. */
  readonly revision: number
  /** Takes no more connections, lets those under way finish for some seconds, tells the last counts. */
  close(): Promise<void>
}

const TABLE_FILE = 'table.json'
/** The control plane speaks every 2 s. */
const SILENCE_MS = 10_000
const REPORT_MS = 250
const REPORT_AT_LEAST_MS = 5000

/**
 * Routes predictions: takes the table from the control plane and from its own disk, so that it serves on while the
 * control plane is away. Throws PORT_IN_USE.
 */
export async function runGateway(options: GatewayOptions): Promise<RunningGateway> {
  const logger = options.logger ?? createLogger('gateway')
  const state = new GatewayState()
  const telemetry = openTelemetry(options.telemetry ?? {}, {
    env: process.env,
    version: options.version ?? '0',
    logger,
    registry: state.counters.registry,
  })
  const read = (json: unknown): RoutingTable => routingTableSchema.parse(json)
  const store = new Kept(join(options.dataDir, TABLE_FILE), 'routing table', read, logger)
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 })
  const kept = await store.load()
  if (kept !== undefined) state.apply(kept)
  const quotas = await keepQuotas(state.limiter.quotas, options.dataDir, logger)
  const pairs = new PairsFile(options.dataDir, logger)
  state.mirrors.sink = pairs
  const requests = await openRequests(state, { folder: join(options.dataDir, 'requests'), logger })

  const epoch = randomText(16)
  const reporter = new Reporter({
    url: `${options.serverUrl}/api/v1/agents/gateway/report`,
    token: options.token,
    everyMs: REPORT_MS,
    atLeastMs: REPORT_AT_LEAST_MS,
    logger,
    make: async (): Promise<GatewayReport> => ({
      gateway: options.name,
      epoch,
      revision: state.revision,
      rollouts: state.counters.rollouts(),
      models: state.counters.models(),
      quotas: state.limiter.quotas.news(),
      mirrors: state.mirrors.agreements.report(),
      quality: await requests.quality(),
    }),
  })
  const stop = new AbortController()
  const { serverUrl, token } = options
  const answering = new Answering(
    { log: requests.log, disagreements: state.disagreements },
    { serverUrl, token, logger, signal: stop.signal },
  )
  const relay = new Relay({ serverUrl, token, name: options.name, logger })
  requests.labels.onUnknown = (items, { by, projects }) =>
    relay.tell({ items: [...items], by, ...(projects && { projects: [...projects] }) })
  state.mirrors.onCounted = () => reporter.changed('soon')
  requests.labels.onCounted = () => reporter.changed('soon')
  let serving: ServingGateway
  try {
    serving = await openGateway(state, { ...options, telemetry, onCounted: () => reporter.changed('soon') })
  } catch (error) {
    await reporter.close()
    throw error
  }
  void followEvents({
    url: `${options.serverUrl}/api/v1/agents/gateway/stream`,
    token: options.token,
    headers: {
      'ballast-gateway': encodeURIComponent(options.name),
      ...(options.region !== undefined && { 'ballast-region': options.region }),
    },
    signal: stop.signal,
    silenceMs: SILENCE_MS,
    onEvent: event => take(event),
    onProblem: reason => logger.warn({ reason }, 'no word from the control plane; routing by the last table'),
  })

  function take(event: ServerEvent): void {
    if (event.name === 'lease') state.heard(parsed(event.data, leaseSchema, logger))
    else if (event.name === 'ask') ask(parsed(event.data, askSchema, logger))
    else if (event.name === 'feedback') told(parsed(event.data, foreignFeedbackSchema, logger))
    else if (event.name === 'table') route(event)
  }

  function ask(asked: Ask | undefined): void {
    if (asked !== undefined) void answering.answer(asked)
  }

  function told(feedback: ForeignFeedback | undefined): void {
    if (feedback === undefined) return
    const { items, by, projects } = feedback
    requests.labels.giveForeign(items, { by, projects }).catch((error: unknown) => {
      logger.warn({ reason: messageOf(error) }, 'feedback of another gateway could not be joined')
    })
  }

  function route(event: ServerEvent): void {
    state.heard()
    const table = parsed(event.data, routingTableSchema, logger)
    if (table === undefined) return
    state.apply(table)
    reporter.changed('now')
    store.save(table)
  }

  const { url, port } = serving
  return {
    url,
    port,
    get revision() {
      return state.revision
    },
    async close() {
      stop.abort()
      await serving.close()
      await reporter.close()
      await Promise.all([store.settled, quotas.close(), pairs.close(), requests.close()])
    },
  }
}

function parsed<T>(text: string, schema: z.ZodType<T>, logger: Logger): T | undefined {
  try {
    return schema.parse(JSON.parse(text))
  } catch (error) {
    logger.error(
      { reason: messageOf(error) },
      'a word of the control plane could not be read; the last one holds',
    )
    return undefined
  }
}
