import { defaultPolicy } from '../../access/index.ts'
import type { RoutingTable } from '../../api/index.ts'
import { type Instant, type RolloutId, Signal, type VersionId } from '../../core/index.ts'
import { type Deployment, heldAt, type StoredRollout } from '../../rollout/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { storedPolicy } from '../pipelines/policy.ts'
import { SerialByKey } from '../serial.ts'
import type { Fleet } from './fleet.ts'
import type { WavedRoute, WavedTable } from './regions.ts'
import { ROUTE_LEASE_MS, type RouteFacts, routeOf, sameTable } from './table.ts'
import { wantedVersions } from './wanted.ts'

/**
 * Derives, from what is stored and what hosts report, the replicas that hosts should run and the table by which
 * gateways route, and tells both when they are others than before.
 */
export class Publisher {
  readonly #plane: ControlPlane
  readonly #fleet: Fleet
  readonly #serial = new SerialByKey()
  readonly #numbers = new Map<VersionId, number>()
  /** Hash of the server's own secret: it may predict everywhere. */
  readonly #ownToken: string
  #table: WavedTable | undefined
  /** Something changed since the table was last made. */
  #stale = false
  /** Rollouts whose shadow ends soon. */
  readonly #coming = new Set<RolloutId>()
  /** When the next version before is let go. */
  #heldUntil = Number.POSITIVE_INFINITY
  readonly tableChanged: Signal<WavedTable> = new Signal<WavedTable>()

  constructor(plane: ControlPlane, fleet: Fleet, ownToken: string) {
    this.#plane = plane
    this.#fleet = fleet
    this.#ownToken = ownToken
  }

  /** Undefined until a host has spoken: gateways keep the table that they have. */
  get table(): WavedTable | undefined {
    return this.#table
  }

  publish(): Promise<void> {
    this.#stale = true
    return this.#serial.run('publish', async () => {
      // Whoever waited for its turn while another published all that it wanted has nothing left to do.
      if (!this.#stale) return
      this.#stale = false
      try {
        await this.#publish()
      } catch (error) {
        this.#stale = true
        throw error
      }
    })
  }

  /** Behind a shadow comes a step that needs a baseline. */
  async bringBaseline(rollout: RolloutId): Promise<void> {
    if (this.#coming.has(rollout)) return
    this.#coming.add(rollout)
    await this.publish()
  }

  /** Publishes again what could not be published before, and what is over by now. */
  async publishIfStale(): Promise<void> {
    if (this.#stale || this.#plane.clock.now() >= this.#heldUntil) await this.publish()
  }

  async #publish(): Promise<void> {
    const { rollouts } = this.#plane.stores
    const stored = await rollouts.deployments()
    const now = this.#plane.clock.now()
    this.#heldUntil = firstEnd(stored, now)
    const deployments = stored.map(deployment => heldAt(deployment, now))
    const moving = await rollouts.inPhases(['preparing', 'progressing'])
    for (const id of this.#coming) if (!moving.some(rollout => rollout.id === id)) this.#coming.delete(id)
    const wanted = wantedVersions(
      deployments,
      moving,
      replica => this.#fleet.runs(replica),
      ({ id }) => this.#coming.has(id),
    )
    await this.#fleet.want(wanted)
    if (this.#fleet.unknown && deployments.length > 0) return
    const table = {
      leaseMs: ROUTE_LEASE_MS,
      routes: await this.#routes(deployments, moving),
      tokens: await this.#predictTokens(),
    }
    if (this.#table && sameTable(this.#table, table)) return
    // Revisions rise over restarts too, so that a gateway's report tells which table it has.
    this.#table = { revision: Math.max((this.#table?.revision ?? 0) + 1, Date.now()), ...table }
    this.tableChanged.emit(this.#table)
  }

  async #routes(deployments: readonly Deployment[], moving: readonly StoredRollout[]): Promise<WavedRoute[]> {
    const routes: WavedRoute[] = []
    for (const deployment of deployments) {
      const { model, environment } = deployment
      const rollout = moving.find(other => other.model === model && other.environment === environment)
      await this.#learnNumbers([deployment.stable, deployment.previous, rollout?.candidate])
      routes.push(
        routeOf({
          deployment,
          ...(rollout && { rollout }),
          ...(await this.#policyOf(deployment)),
          numberOf: version => this.#numbers.get(version) ?? 0,
          readyReplicas: replica => [...this.#fleet.ready(replica)],
        }),
      )
    }
    return routes
  }

  async #learnNumbers(versions: readonly (VersionId | undefined)[]): Promise<void> {
    for (const id of versions) {
      if (!id || this.#numbers.has(id)) continue
      const version = await this.#plane.stores.versions.byId(id)
      if (version) this.#numbers.set(id, version.number)
    }
  }

  async #policyOf({ project, environment }: Deployment): Promise<Pick<RouteFacts, 'predictions' | 'limits'>> {
    const policy = await storedPolicy(this.#plane, project, environment)
    const { predictions, limits } = policy ?? defaultPolicy(environment, 'main')
    return { predictions, ...(limits && { limits }) }
  }

  /** Hashes of the tokens that may predict; a token without a project reaches what its principal does. */
  async #predictTokens(): Promise<RoutingTable['tokens']> {
    const { access } = this.#plane.stores
    const now = this.#plane.clock.now()
    const tokens: RoutingTable['tokens'] = [{ hash: this.#ownToken }]
    const projects = await access.projects()
    for (const token of await access.tokens()) {
      if (
        !token.scopes.includes('predict') ||
        token.revokedAt !== undefined ||
        (token.expiresAt ?? Number.POSITIVE_INFINITY) <= now
      )
        continue
      const facts = {
        hash: token.hash,
        id: token.id,
        ...(token.expiresAt !== undefined && { expiresAt: token.expiresAt as number }),
        ...(token.limits && { limits: token.limits }),
      }
      const principal = await access.principal(token.principal)
      if (!principal) continue
      if (token.project === undefined && principal.admin) {
        tokens.push(facts)
        continue
      }
      for (const project of projects) {
        if (token.project !== undefined && token.project !== project.id) continue
        if (principal.admin || (await access.roleOf(principal.id, project.id)))
          tokens.push({ ...facts, project: project.id })
      }
    }
    return tokens
  }
}

/** The next end of a hold that is not over; infinity for none. */
function firstEnd(deployments: readonly Deployment[], now: Instant): number {
  const ends = deployments.map(({ previousUntil }) => previousUntil ?? Number.POSITIVE_INFINITY)
  return Math.min(Number.POSITIVE_INFINITY, ...ends.filter(end => end > now))
}
