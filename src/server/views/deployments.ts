import type { DeploymentLine, DeploymentsView, ServingNow } from '../../api/index.ts'
import { whyVersionNotServed } from '../../config/index.ts'
import { isoOf, type VersionId } from '../../core/index.ts'
import type { Move, Version } from '../../registry/index.ts'
import type { Deployment } from '../../rollout/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { isPreview } from '../delivery/previews/name.ts'
import { isoOrNull } from './times.ts'
import { cursorOf, movedEntry, Numbers } from './versions.ts'

/** Between a version's canary and its promotion stand a few lines of one place. */
const MAX_LOOKED_BACK = 20

interface DeploymentsPage {
  readonly environment?: string | undefined
  /** Where the page before this ended. */
  readonly before?: string | undefined
  readonly limit: number
}

/** What serves and what served of these models, which are those of the named projects. */
export async function deploymentsOf(
  plane: ControlPlane,
  projectOf: ReadonlyMap<string, string>,
  { environment, before: cursor, limit }: DeploymentsPage,
): Promise<DeploymentsView> {
  const { rollouts, versions } = plane.stores
  const before = cursor === undefined ? undefined : cursorOf(cursor)
  const moves = await versions.deployed([...projectOf.keys()], {
    limit: limit + 1,
    ...(environment !== undefined && { environment }),
    ...(before && { before }),
  })
  const shown = moves.slice(0, limit)
  const last = shown.at(-1)
  const live = (await rollouts.deployments()).filter(
    each => projectOf.has(each.model) && (environment === undefined || each.environment === environment),
  )
  const lines = new Lines(plane, projectOf, live)
  return {
    // A later page has what came before, not what is now.
    now: before ? [] : await Promise.all(live.map(each => servingNow(plane, each, lines))),
    entries: await Promise.all(shown.map(move => lines.of(move))),
    next: last && moves.length > limit ? `${last.at}.${last.id}` : null,
  }
}

async function servingNow(plane: ControlPlane, deployment: Deployment, lines: Lines): Promise<ServingNow> {
  const { model, environment, stable, previous, previousUntil, since } = deployment
  const moves = await plane.stores.versions.deployed([model], { environment, limit: MAX_LOOKED_BACK })
  const served = moves.find(({ event, version }) => event === 'served' && version === stable)
  return {
    project: lines.project(model),
    model,
    environment,
    version: await lines.numbers.ref(stable),
    since: isoOf(since),
    previous: previous
      ? { ...(await lines.numbers.ref(previous)), heldUntil: isoOrNull(previousUntil) }
      : null,
    served: served ? await lines.of(served) : null,
  }
}

/** Moves as lines, each version read once. */
class Lines {
  readonly numbers: Numbers
  readonly #plane: ControlPlane
  readonly #projectOf: ReadonlyMap<string, string>
  readonly #stable: ReadonlySet<string>
  readonly #servable = new Map<VersionId, Promise<boolean>>()

  constructor(plane: ControlPlane, projectOf: ReadonlyMap<string, string>, live: readonly Deployment[]) {
    this.#plane = plane
    this.#projectOf = projectOf
    this.numbers = new Numbers(plane)
    this.#stable = new Set(live.map(({ environment, stable }) => `${environment} ${stable}`))
  }

  project(model: string): string {
    return this.#projectOf.get(model) ?? ''
  }

  async of(move: Move): Promise<DeploymentLine> {
    const { kind: _moved, place, ...line } = await movedEntry(move, this.numbers)
    const { model, version } = move
    const returnable =
      line.event === 'served' &&
      !isPreview(place.name) &&
      !this.#stable.has(`${place.name} ${version}`) &&
      (await this.#isServable(version))
    return { project: this.project(model), model, environment: place.name, ...line, returnable }
  }

  #isServable(id: VersionId): Promise<boolean> {
    const known = this.#servable.get(id) ?? this.#plane.stores.versions.byId(id).then(isServable)
    this.#servable.set(id, known)
    return known
  }
}

function isServable(version: Version | undefined): boolean {
  return (
    version !== undefined &&
    version.expired === undefined &&
    whyVersionNotServed(version.manifest.files.map(({ name }) => name)) === undefined
  )
}
