import type {
  AliasView,
  LineageView,
  LogEntry,
  LogView,
  RetentionView,
  ServingView,
} from '../../api/index.ts'
import { type Instant, instant, isoOf, type VersionId } from '../../core/index.ts'
import {
  type Move,
  type RetentionPolicy,
  type ServingInterval,
  servingIntervals,
  type Version,
  type VersionRecord,
} from '../../registry/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { ancestorsOf, childrenOf, lineageIn } from '../registry/versions/lineage.ts'
import { type Pointer, pointersOf } from '../registry/versions/names.ts'
import type { ImportRecord } from '../registry/versions/transfer.ts'
import { variantViewsIn } from '../registry/versions/variants.ts'
import { isoOrNull } from './times.ts'

type Ref = AliasView['version']
type MovedEntry = Extract<LogEntry, { kind: 'moved' }>

/** Of one place; a rollout has a few lines. */
const MAX_MOVES = 10_000

/** Numbers of versions, each read once. */
export class Numbers {
  readonly #plane: ControlPlane
  readonly #known = new Map<VersionId, number>()

  constructor(plane: ControlPlane) {
    this.#plane = plane
  }

  async ref(id: VersionId): Promise<Ref> {
    const number = this.#known.get(id) ?? (await this.#plane.stores.versions.byId(id))?.number ?? 0
    this.#known.set(id, number)
    return { id, number }
  }

  async refOrNull(id: VersionId | undefined): Promise<Ref | null> {
    return id === undefined ? null : this.ref(id)
  }
}

export async function aliasViewsOf(plane: ControlPlane, model: string): Promise<AliasView[]> {
  const numbers = new Numbers(plane)
  const views: AliasView[] = []
  for (const { name, kind, version } of await pointersOf(plane.stores, model)) {
    const own = kind === 'own' ? await plane.stores.versions.alias(model, name) : undefined
    const deployment =
      kind === 'environment' ? await plane.stores.rollouts.deployment(model, name) : undefined
    views.push({
      name,
      kind,
      version: await numbers.ref(version),
      protected: own?.protected ?? false,
      movedAt: isoOrNull(own?.movedAt ?? deployment?.since),
      movedBy: own?.movedBy ?? null,
    })
  }
  return views
}

interface LogPage {
  readonly place?: Move['place'] | undefined
  /** Where the page before this ended. */
  readonly before?: string | undefined
  readonly limit: number
}

/** Versions and what became of them, newest first. Of one place only what happened there. */
export async function logOf(plane: ControlPlane, model: string, page: LogPage): Promise<LogView> {
  const { versions } = plane.stores
  const before = page.before === undefined ? undefined : cursorOf(page.before)
  const limit = page.limit + 1
  const moves = await versions.moves(model, {
    limit,
    ...(page.place && { place: page.place }),
    ...(before && { before }),
  })
  const registered = page.place ? [] : await versions.newest([model], { limit, ...(before && { before }) })
  const all = [
    ...moves.map(move => ({ at: move.at, id: move.id as string, move })),
    ...registered.map(version => ({ at: version.createdAt, id: version.id as string, version })),
  ].sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1))
  const shown = all.slice(0, page.limit)
  const last = shown.at(-1)
  const numbers = new Numbers(plane)
  const pointers = await pointersOf(plane.stores, model)
  const entries: LogEntry[] = []
  for (const line of shown) {
    entries.push(
      'move' in line
        ? await movedEntry(line.move, numbers)
        : await registeredEntry(plane, line.version, numbers, pointers),
    )
  }
  return { entries, next: last && all.length > page.limit ? `${last.at}.${last.id}` : null }
}

export function cursorOf(text: string): { readonly at: Instant; readonly id: string } | undefined {
  const [, at, id] = /^(\d{1,15})\.(\w[\w-]{0,63})$/.exec(text) ?? []
  return at !== undefined && id !== undefined ? { at: instant(Number(at)), id } : undefined
}

export async function movedEntry(move: Move, numbers: Numbers): Promise<MovedEntry> {
  return {
    kind: 'moved',
    at: isoOf(move.at),
    place: { ...move.place },
    event: move.event,
    version: await numbers.ref(move.version),
    before: await numbers.refOrNull(move.before),
    weight: move.weight ?? null,
    by: move.by,
    decision: move.decision,
    rollback: move.rollback ?? false,
    rollout: move.rollout ?? null,
    reason: move.reason,
  }
}

async function registeredEntry(
  plane: ControlPlane,
  version: Version,
  numbers: Numbers,
  pointers: readonly Pointer[],
): Promise<LogEntry> {
  const { stores } = plane
  const all = await stores.versions.records(version.id)
  const records = all.filter(({ origin }) => !origin)
  const job = version.job && (await stores.pipelines.job(version.job))
  const pipeline = job && (await stores.pipelines.pipeline(job.pipeline))
  const principal = pipeline && (await stores.access.principal(pipeline.principal))
  const imported = importIn(records)
  return {
    kind: 'registered',
    at: isoOf(version.createdAt),
    version: { id: version.id, number: version.number },
    digest: version.digest,
    commit: version.manifest.commit,
    parent: await numbers.refOrNull(lineageIn(records)?.parent?.version),
    metrics: metricsIn(records),
    variants: variantViewsIn(all),
    names: pointers.filter(pointer => pointer.version === version.id).map(({ name }) => name),
    expired: version.expired?.reason ?? null,
    imported: imported !== undefined,
    by: imported?.by ?? principal?.name ?? null,
  }
}

function metricsIn(records: readonly VersionRecord[]): Record<string, number> {
  const evaluation = records.findLast(({ kind }) => kind === 'evaluation')?.body
  return (evaluation as { metrics?: Record<string, number> } | undefined)?.metrics ?? {}
}

function importIn(records: readonly VersionRecord[]): ImportRecord | undefined {
  const record = records.findLast(({ kind, origin }) => kind === 'import' && !origin)
  // Written by this server, as `ImportRecord` says.
  return record && (JSON.parse(JSON.stringify(record.body)) as ImportRecord)
}

/** What served when in one place, oldest first. */
export async function servingOf(
  plane: ControlPlane,
  model: string,
  place: Move['place'],
): Promise<readonly ServingInterval[]> {
  return servingIntervals(await plane.stores.versions.moves(model, { place, limit: MAX_MOVES }))
}

export async function servingViewsOf(
  plane: ControlPlane,
  intervals: readonly ServingInterval[],
): Promise<ServingView[]> {
  const numbers = new Numbers(plane)
  return Promise.all(
    intervals.map(async interval => ({
      version: await numbers.ref(interval.version),
      as: interval.as,
      from: isoOf(interval.from),
      until: isoOrNull(interval.until),
      weight: interval.weight ?? null,
      by: interval.by,
      decision: interval.decision,
      rollback: interval.rollback,
      reason: interval.reason,
      ended: interval.ended ?? null,
    })),
  )
}

export async function lineageViewOf(plane: ControlPlane, version: Version): Promise<LineageView> {
  const records = await plane.stores.versions.records(version.id)
  const own = records.filter(({ origin }) => !origin)
  const lineage = lineageIn(own)
  const imported = importIn(own)
  const children = await childrenOf(plane, version)
  return {
    version: { id: version.id, number: version.number },
    model: version.model,
    commit: version.manifest.commit,
    createdAt: isoOf(version.createdAt),
    ancestors: (await ancestorsOf(plane, version.id)).map(({ version: ancestor, why }) => ({
      id: ancestor.id,
      number: ancestor.number,
      why,
      commit: ancestor.manifest.commit,
      createdAt: isoOf(ancestor.createdAt),
      expired: ancestor.expired !== undefined,
    })),
    children: children.map(({ id, number }) => ({ id, number })),
    production: lineage?.production
      ? { id: lineage.production.version, number: lineage.production.number }
      : null,
    data: (lineage?.data ?? []).map(each => ({ ...each })),
    training: lineage?.training ?? null,
    config: lineage?.config ?? null,
    imported: imported
      ? {
          server: imported.origin.server,
          number: imported.origin.number,
          version: imported.origin.version,
        }
      : null,
  }
}

export function retentionViewOf(policy: RetentionPolicy, project: string): RetentionView {
  return {
    project,
    model: policy.model ?? null,
    rules: { ...policy.rules },
    setAt: isoOf(policy.setAt),
    setBy: policy.setBy,
  }
}
