import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type GatewayReport, type RoutingTable, routingTableSchema } from '../../api/index.ts'
import {
  createLogger,
  type Logger,
  messageOf,
  randomText,
  replaceFile,
  systemCode,
} from '../../core/index.ts'
import { followEvents, Reporter, type ServerEvent } from '../agents/index.ts'
import { openGateway, type ServingGateway, type ServingOptions } from './serving.ts'
import { GatewayState } from './state.ts'
import { openTelemetry, type TelemetryOptions } from './telemetry/open.ts'

export interface GatewayOptions extends Omit<ServingOptions, 'onCounted' | 'telemetry'> {
  /** The control plane, without a slash at the end. */
  readonly serverUrl: string
  /** Of scope agent:gateway. */
  readonly token: string
  /** Holds the last routing table. */
  readonly dataDir: string
  readonly name: string
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
 * control plane is away. Throws PORT_IN_USE, TELEMETRY_INVALID.
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
  const store = new TableStore(options.dataDir, logger)
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 })
  const kept = await store.load()
  if (kept !== undefined) state.apply(kept)

  const epoch = randomText(16)
  const reporter = new Reporter({
    url: `${options.serverUrl}/api/v1/agents/gateway/report`,
    token: options.token,
    everyMs: REPORT_MS,
    atLeastMs: REPORT_AT_LEAST_MS,
    logger,
    make: (): GatewayReport => ({
      gateway: options.name,
      epoch,
      revision: state.revision,
      rollouts: state.counters.rollouts(),
      models: state.counters.models(),
    }),
  })
  const stop = new AbortController()
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
    signal: stop.signal,
    silenceMs: SILENCE_MS,
    onEvent: event => take(event),
    onProblem: reason => logger.warn({ reason }, 'no word from the control plane; routing by the last table'),
  })

  function take(event: ServerEvent): void {
    if (event.name !== 'table' && event.name !== 'lease') return
    state.heard()
    if (event.name === 'lease') return
    const table = readTable(event.data, logger)
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
      await store.settled
    },
  }
}

function readTable(text: string, logger: Logger): RoutingTable | undefined {
  try {
    return routingTableSchema.parse(JSON.parse(text))
  } catch (error) {
    logger.error({ reason: messageOf(error) }, 'a routing table could not be read; the last one stays')
    return undefined
  }
}

/** The last table, on disk. Writing waits for nothing and nobody: the table is in force before. */
class TableStore {
  readonly #path: string
  readonly #logger: Logger
  #next: RoutingTable | undefined
  settled: Promise<void> = Promise.resolve()

  constructor(dataDir: string, logger: Logger) {
    this.#path = join(dataDir, TABLE_FILE)
    this.#logger = logger
  }

  async load(): Promise<RoutingTable | undefined> {
    try {
      return readTable(await readFile(this.#path, 'utf8'), this.#logger)
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') {
        this.#logger.warn({ reason: messageOf(error) }, 'the kept routing table could not be read')
      }
      return undefined
    }
  }

  save(table: RoutingTable): void {
    const writing = this.#next !== undefined
    this.#next = table
    if (!writing) this.settled = this.settled.then(() => this.#write())
  }

  async #write(): Promise<void> {
    const table = this.#next
    this.#next = undefined
    if (table === undefined) return
    try {
      await replaceFile(this.#path, JSON.stringify(table))
    } catch (error) {
      this.#logger.error({ reason: messageOf(error) }, 'the routing table could not be kept on disk')
    }
  }
}
