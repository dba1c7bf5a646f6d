import { createHash } from 'node:crypto'
import type {
  GatewayReport,
  HostReport,
  Offer,
  RolloutView,
  RoutingTable,
  StageResult,
  WantedSet,
} from '../../src/api/index.ts'
import { latencyBucket } from '../../src/core/index.ts'
import { readEvents } from './events.ts'
import { type Answer, until, type World } from './world.ts'

type Outcome = { readonly outcome: 'succeeded' | 'failed' | 'errored' | 'canceled'; readonly reason?: string }

/** Says the runner's part: leases, and ends what it leased as the test wants. Runs nothing. */
export class FakeRunner {
  readonly #world: World
  readonly #name: string

  constructor(world: World, name = 'fake') {
    this.#world = world
    this.#name = name
  }

  async lease(capacity = 1): Promise<readonly Offer[]> {
    const { body, status } = await this.#world.call<{ offers: Offer[] }>(
      'POST',
      '/api/v1/agents/runner/lease',
      {
        token: await this.#world.secret('runner'),
        body: { runner: this.#name, capacity, sandbox: 'none' },
      },
    )
    if (status !== 200) throw new Error(`lease: ${status}`)
    return body.offers
  }

  /** Waits for the job of this name; others that come before it are ended well. */
  async take(name: string): Promise<Offer> {
    for (;;) {
      const [offer] = await this.lease()
      if (!offer) throw new Error(`No job '${name}' came`)
      if (offer.jobName === name) return offer
      await this.end(offer)
    }
  }

  beat(offer: Offer, started = true): Promise<Answer<{ cancel: boolean }>> {
    return this.#world.call('POST', `/api/v1/attempts/${offer.attempt}/heartbeat`, {
      token: offer.token,
      body: { fence: offer.fence, started, sandboxed: false },
    })
  }

  log(offer: Offer, offset: number, text: string): Promise<Answer<{ length: number }>> {
    return this.#world.call(
      'POST',
      `/api/v1/attempts/${offer.attempt}/log?fence=${offer.fence}&offset=${offset}`,
      { token: offer.token, bytes: Buffer.from(text) },
    )
  }

  async put(offer: Offer, path: string, content: string | Uint8Array) {
    const bytes = Buffer.from(content)
    const digest = digestOf(bytes)
    const { status, body } = await this.#world.call(
      'PUT',
      `/api/v1/attempts/${offer.attempt}/blobs/${digest}`,
      {
        token: offer.token,
        bytes,
      },
    )
    if (status !== 204) throw new Error(`put: ${status} ${JSON.stringify(body)}`)
    return { path, digest, size: bytes.length, executable: false }
  }

  finish(
    offer: Offer,
    finish: Outcome & { readonly artifacts?: unknown[]; readonly result?: unknown },
  ): Promise<Answer> {
    return this.#world.call('POST', `/api/v1/attempts/${offer.attempt}/finish`, {
      token: offer.token,
      body: { fence: offer.fence, artifacts: [], ...finish },
    })
  }

  /** Ends an attempt well: a script with exit 0, a stage with the result that it would have. */
  async end(offer: Offer, verdict: StageResult['verdict'] = 'passed'): Promise<void> {
    const result = offer.work.kind === 'stage' ? await this.#stageResult(offer, verdict) : undefined
    const { status, body } = await this.finish(offer, { outcome: 'succeeded', ...(result && { result }) })
    if (status !== 204) throw new Error(`finish ${offer.jobName}: ${status} ${JSON.stringify(body)}`)
  }

  async #stageResult(offer: Offer, verdict: StageResult['verdict']): Promise<StageResult> {
    if (offer.work.kind !== 'stage') throw new TypeError('no stage')
    const { stage, config } = offer.work.input
    const base = { stage, verdict, summary: [`${stage}: ${verdict}`], records: {} }
    if (stage !== 'register' || verdict !== 'passed') return base
    const { model } = config as { model: { name: string; file: string } }
    const { digest, size } = await this.put(offer, model.file, `model of ${offer.commit}`)
    return {
      ...base,
      manifest: {
        model: model.name,
        commit: offer.commit,
        files: [{ name: model.file, digest, size }],
        config: { task: 'generic' },
      },
    }
  }

  /** Ends well whatever comes until the pipeline runs nothing more that a runner could do. */
  async endAll(project: string, number: number): Promise<void> {
    const busy = async () =>
      (await this.#world.pipeline(project, number)).jobs.some(
        ({ kind, state }) => kind !== 'deploy' && ['blocked', 'ready', 'running'].includes(state),
      )
    while (await busy()) for (const offer of await this.lease(8)) await this.end(offer)
  }
}

/** Reports replicas as the test wants. */
export class FakeHost {
  readonly #world: World
  readonly #failing = new Map<string, string>()

  constructor(world: World) {
    this.#world = world
  }

  /** The set that hosts should run now. */
  async wanted(): Promise<WantedSet> {
    const stream = readEvents(this.#world, '/api/v1/agents/host/stream', await this.#world.secret('host'))
    try {
      for await (const { data } of stream) return data as WantedSet
      throw new Error('the stream ended')
    } finally {
      await stream.return(undefined)
    }
  }

  async report(replicas: HostReport['replicas']): Promise<Answer> {
    return this.#world.call('POST', '/api/v1/agents/host/report', {
      token: await this.#world.secret('host'),
      body: { host: 'here', replicas },
    })
  }

  fail(version: string, reason: string): void {
    this.#failing.set(version, reason)
  }

  /** Reports everything that is wanted as ready, but what was told to fail; gives how many. */
  async ready(): Promise<number> {
    const { replicas } = await this.wanted()
    await this.report(
      replicas.map(({ replica, version }) => {
        const reason = this.#failing.get(version)
        return reason === undefined
          ? {
              replica,
              version,
              phase: 'ready' as const,
              address: { kind: 'unix' as const, path: `/run/${replica}` },
            }
          : { replica, version, phase: 'failed' as const, reason }
      }),
    )
    return replicas.length
  }

  /** Goes on reporting everything as ready until `done`. */
  async serveUntil<Found>(what: string, done: () => Promise<Found | undefined | false>): Promise<Found> {
    return until(what, async () => {
      await this.ready()
      return done()
    })
  }
}

/** Counts as a gateway would. */
/** More than the looks that a sure harm takes, each of at least twenty requests of 400. */
const REPORTS = 20

export class FakeGateway {
  readonly #world: World
  readonly #epoch: string
  readonly #region: string | undefined

  constructor(world: World, epoch = 'epoch-1', region?: string) {
    this.#world = world
    this.#epoch = epoch
    this.#region = region
  }

  /** The table now; undefined when none is published within a while. */
  async table(ms = 400): Promise<RoutingTable | undefined> {
    const end = AbortSignal.timeout(ms)
    const token = await this.#world.secret('gateway')
    const headers = this.#region === undefined ? {} : { 'ballast-region': this.#region }
    const stream = readEvents(this.#world, '/api/v1/agents/gateway/stream', token, headers, end)
    try {
      for await (const { event, data } of stream) if (event === 'table') return data as RoutingTable
    } catch (error) {
      if (!end.aborted) throw error
    } finally {
      await stream.return(undefined)
    }
    return undefined
  }

  /** Weights of a model's arms by version number. */
  async weights(model: string): Promise<Readonly<Record<string, number>>> {
    const table = await this.table()
    const route = table?.routes.find(other => other.model === model)
    return Object.fromEntries(
      (route?.arms ?? []).map(({ arm, versionNumber, weight }) => [`${arm} v${versionNumber}`, weight]),
    )
  }

  async report(rollouts: GatewayReport['rollouts'], more: Partial<GatewayReport> = {}): Promise<Answer> {
    return this.#world.call('POST', '/api/v1/agents/gateway/report', {
      token: await this.#world.secret('gateway'),
      body: {
        gateway: 'here',
        epoch: this.#epoch,
        revision: Number.MAX_SAFE_INTEGER,
        rollouts,
        models: [],
        ...more,
      },
    })
  }

  /** As many requests in each arm of this step, of 1 ms each, with these errors. */
  count(
    rollout: string,
    step: number,
    requests: number,
    errors: { readonly canary?: number; readonly baseline?: number } = {},
  ): Promise<Answer> {
    const arm = (bad: number) => ({
      requests,
      errors: bad,
      latency: { [latencyBucket(1000)]: Math.max(0, requests - bad) },
    })
    return this.report([
      { rollout, step, arms: { canary: arm(errors.canary ?? 0), baseline: arm(errors.baseline ?? 0) } },
    ])
  }

  /**
   * The same in twenty reports that grow, as gateways send them: evidence is weighed look by look. `after`: as many
   * were counted before, without an error.
   */
  async serve(
    rollout: string,
    step: number,
    requests: number,
    errors: { readonly canary?: number; readonly baseline?: number } = {},
    after = 0,
  ): Promise<void> {
    const { canary = 0, baseline = 0 } = errors
    for (let report = 1; report <= REPORTS; report++) {
      const part = (all: number) => Math.round((all * report) / REPORTS)
      const more = { canary: part(canary), baseline: part(baseline) }
      await this.count(rollout, step, after + part(requests), more)
    }
  }

  /** As many requests that stable and its shadow both answered alike at this step, with this of them otherwise. */
  pairs(
    view: Pick<RolloutView, 'id' | 'model' | 'environment' | 'stable' | 'candidate'>,
    step: number,
    pairs: number,
    more: { readonly mirrorErrors?: number; readonly agreed?: number } = {},
  ): Promise<Answer> {
    const { mirrorErrors = 0, agreed = pairs - mirrorErrors } = more
    const latency = (count: number) => ({ [latencyBucket(1000)]: count })
    const rollout = { id: view.id, step }
    const mirror = {
      ...{ model: view.model, environment: view.environment, rollout },
      ...{ primary: view.stable!.id, mirror: view.candidate.id },
      ...{ pairs, identical: 0, agreed, compared: pairs - mirrorErrors },
      ...{ primaryErrors: 0, mirrorErrors, dropped: 0 },
      primaryLatency: latency(pairs),
      latency: latency(pairs - mirrorErrors),
    }
    return this.report([{ rollout: view.id, step, arms: {} }], { mirrors: [mirror] })
  }
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}
