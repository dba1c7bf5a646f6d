import { setTimeout as pause } from 'node:timers/promises'
import { InferenceError } from '../../errors.ts'
import {
  ASLEEP,
  type FrameClient,
  headerBlock,
  type Operation,
  type ResponseFrame,
} from '../../frames/index.ts'
import { type ModelStatistics, type ProtocolName, sumStatistics } from '../../protocols/index.ts'
import { idlest } from '../pool.ts'
import { type GatewayState, versionOf } from '../state.ts'
import type { RouteTargets, Target } from '../traffic/routing.ts'

/** What a replica answers from memory. */
const TIMEOUT_MS = 5000
/** A model of some gigabytes is read from a disk. */
const LOAD_TIMEOUT_MS = 120_000
/** A replica that changes places with its host, as it does when it falls asleep or wakes, is back within this. */
const PATIENCE_MS = 10_000
/** A replica that wakes is asked again. */
const ASK_AGAIN_MS = 25
/** Replicas that are asked at once where all are. */
const MAX_ASKED = 256

export interface Told {
  readonly answer: ResponseFrame
  readonly target: Target
}

/** Asks replicas what only they know. */
export class Questions {
  readonly #state: GatewayState

  constructor(state: GatewayState) {
    this.#state = state
  }

  /** One replica of the version that is asked for, else of one that answers predictions. Throws NO_REPLICA and the like. */
  async ask(
    route: RouteTargets,
    version: number | undefined,
    operation: Operation,
    protocol: ProtocolName,
  ): Promise<Told> {
    const target = version === undefined ? this.#any(route) : versionOf(route, version)
    const versions = (version === undefined ? [...route.versions.keys()] : [version]).join()
    const headers = headerBlock({ protocol: protocol === 'oip' ? undefined : protocol, versions })
    const answer = await answered(() => clientOf(target), { operation, headers, timeoutMs: TIMEOUT_MS })
    return { answer, target }
  }

  /** Of all replicas of a version, or of all versions; those that can't be reached or do not answer are left out. */
  async statistics(
    routes: readonly RouteTargets[],
    version: number | undefined,
  ): Promise<readonly ModelStatistics[]> {
    const clients = routes
      .flatMap(route => (version === undefined ? [...route.versions.values()] : [versionOf(route, version)]))
      .flatMap(({ links }) => links.flatMap(({ client }) => client ?? []))
    const answers = await Promise.allSettled(
      clients.slice(0, MAX_ASKED).map(client => client.request('statistics', TIMEOUT_MS)),
    )
    const bodies = answers.flatMap(answer =>
      answer.status === 'fulfilled' && answer.value.status === 200 ? [answer.value.body] : [],
    )
    return sumStatistics(bodies)
  }

  /** Loads or unloads all replicas of a model's versions. Throws FORBIDDEN, NO_REPLICA, and what a replica refused. */
  async control(route: RouteTargets, operation: 'load' | 'unload'): Promise<void> {
    if (!route.control) {
      throw new InferenceError('FORBIDDEN', {
        message: `Models are not to be ${operation}ed by callers here`,
        hint: 'What is loaded follows from deployments; `ballast serve` lets its callers load and unload.',
      })
    }
    const links = [...new Set([...route.versions.values()].flatMap(target => target.links))]
    // One that was unloaded this moment comes back as a sleeper: to load it is to wait for that.
    const connected = operation === 'load' ? links : links.filter(link => link.client !== undefined)
    if (connected.length === 0) throw unreachable()
    await Promise.all(
      connected.map(async link => {
        const answer = await answered(() => link.client, {
          operation,
          timeoutMs: LOAD_TIMEOUT_MS,
          patienceMs: PATIENCE_MS,
        })
        if (answer.status !== 200) throw refused(operation, answer)
      }),
    )
  }

  #any(route: RouteTargets): Target {
    const reachable = [...route.arms, ...route.versions.values()].find(
      ({ links }) => idlest(links) !== undefined,
    )
    return reachable ?? this.#state.choose(route, undefined, 0)
  }
}

function clientOf({ links }: Target): FrameClient | undefined {
  return idlest(links)?.client
}

interface Question {
  readonly operation: Operation
  readonly headers?: string
  readonly timeoutMs: number
  /** How long a replica that can't be reached is waited for; not at all by default. */
  readonly patienceMs?: number
}

/** Asks until there is an answer: a replica that sleeps wakes for it. Throws NO_REPLICA, DEADLINE_EXCEEDED, REPLICA_LOST. */
async function answered(
  client: () => FrameClient | undefined,
  { operation, headers = '', timeoutMs, patienceMs = 0 }: Question,
): Promise<ResponseFrame> {
  const began = performance.now()
  let patience = patienceMs
  for (;;) {
    const passed = performance.now() - began
    const found = client()
    if (found !== undefined && passed < timeoutMs) {
      const answer = await found.request(operation, timeoutMs - passed, headers).catch(lostOrThrow)
      if (answer !== undefined && answer.status !== ASLEEP) return answer
      // Who sleeps closes this connection when it is awake.
      if (answer !== undefined) patience = timeoutMs
    } else if (passed >= patience) throw unreachable()
    await pause(ASK_AGAIN_MS)
  }
}

function lostOrThrow(error: unknown): undefined {
  if (!(error instanceof InferenceError && error.code === 'REPLICA_LOST')) throw error
}

function unreachable(): InferenceError {
  return new InferenceError('NO_REPLICA', {
    message: 'No replica of this model can be reached',
    hint: 'The host starts lost replicas anew; try again soon.',
  })
}

function refused(operation: string, { status, body }: ResponseFrame): InferenceError {
  return new InferenceError(status < 500 ? 'REQUEST_INVALID' : 'INFERENCE_FAILED', {
    message: `A replica refused to ${operation}: ${body.toString('utf8', 0, 500)}`,
    hint: 'Its log has more.',
  })
}
