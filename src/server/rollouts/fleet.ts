import {
  type Address,
  type HostReport,
  servingOptionsSchema,
  type WantedReplica,
  type WantedSet,
  wantedVariantSchema,
} from '../../api/index.ts'
import { Signal, type VersionId } from '../../core/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { servedForm } from '../registry/versions/variants.ts'
import { sameWanted, type WantedVersion } from './wanted.ts'

export type ReportedReplica = HostReport['replicas'][number]

/** What hosts run, by their own word, and what they should run. Hosts say everything again when they reconnect. */
export class Fleet {
  readonly #plane: ControlPlane
  /** By host, then by replica. */
  readonly #reports = new Map<string, ReadonlyMap<string, ReportedReplica>>()
  #wanted: WantedSet = { revision: 0, replicas: [] }
  /** The wanted set is another. */
  readonly wantedChanged: Signal<WantedSet> = new Signal<WantedSet>()
  /** A host said something new. */
  readonly reported: Signal<void> = new Signal<void>()

  constructor(plane: ControlPlane) {
    this.#plane = plane
  }

  get wanted(): WantedSet {
    return this.#wanted
  }

  /** No host has spoken yet: what serves is unknown, which is not the same as nothing. */
  get unknown(): boolean {
    return this.#reports.size === 0
  }

  async want(versions: readonly WantedVersion[]): Promise<void> {
    const replicas = (await Promise.all(versions.map(wanted => this.#describe(wanted)))).filter(
      replica => replica !== undefined,
    )
    if (this.#wanted.revision > 0 && sameWanted(this.#wanted.replicas, replicas)) return
    this.#wanted = { revision: this.#wanted.revision + 1, replicas }
    this.wantedChanged.emit(this.#wanted)
  }

  async #describe({
    replica,
    environment,
    version: id,
    judged,
    idleMs,
  }: WantedVersion): Promise<WantedReplica | undefined> {
    const { versions } = this.#plane.stores
    const version = await versions.byId(id)
    if (!version) return undefined
    const records = await versions.records(id)
    const reference = records.findLast(record => record.kind === 'reference-outputs')
    const form = servedForm(records, environment)
    const asked = servingOptionsSchema.safeParse(
      records.findLast(({ kind }) => kind === 'serving')?.body,
    ).data
    const serving =
      idleMs === undefined ? asked : { ...asked, idleMs: Math.min(idleMs, asked?.idleMs ?? idleMs) }
    return {
      replica,
      version: id,
      versionNumber: version.number,
      model: version.model,
      config: version.manifest.config,
      files: version.manifest.files.map(file => ({ ...file })),
      ...(serving && { serving }),
      ...(judged && { judged }),
      ...(reference && { reference: reference.body as WantedReplica['reference'] }),
      ...(form.kind === 'variant' && { variant: wantedVariantSchema.parse(form.variant) }),
    }
  }

  report(report: HostReport): void {
    const replicas = new Map(report.replicas.map(replica => [replica.replica, replica]))
    const before = this.#reports.get(report.host)
    this.#reports.set(report.host, replicas)
    if (!before || !sameReport(before, replicas)) this.reported.emit()
  }

  /** Where a replica can be reached: an address for each host on which it is ready, or was and sleeps. */
  ready(replica: string): readonly { readonly replica: string; readonly address: Address }[] {
    return this.#of(replica).flatMap(({ phase, address }) =>
      (phase === 'ready' || phase === 'parked') && address ? [{ replica, address }] : [],
    )
  }

  /** Whether some host may still have it; before any has spoken, each may. */
  runs(replica: string): boolean {
    return this.unknown || this.#of(replica).length > 0
  }

  /** Why a replica can't be had; undefined while it is coming or there. */
  failure(replica: string): string | undefined {
    const reports = this.#of(replica)
    if (reports.length === 0 || reports.some(({ phase }) => phase !== 'failed')) return undefined
    return reports[0]!.reason ?? 'the replica failed without a word'
  }

  /** Why a replica serves the original although a variant is wanted, on any host. */
  fallback(replica: string): ReportedReplica['fallback'] {
    return this.#of(replica).find(({ fallback }) => fallback !== undefined)?.fallback
  }

  /** All of them, each with the version that it serves. */
  get fallbacks(): readonly {
    readonly replica: string
    readonly version: VersionId
    readonly fallback: NonNullable<ReportedReplica['fallback']>
  }[] {
    return [...this.#reports.values()].flatMap(replicas =>
      [...replicas.values()].flatMap(({ replica, version, fallback }) =>
        fallback ? [{ replica, version: version as VersionId, fallback }] : [],
      ),
    )
  }

  /** The variant that it serves; undefined: the original, or nothing is known of it. */
  variant(replica: string): ReportedReplica['variant'] {
    return this.#of(replica).find(({ variant }) => variant !== undefined)?.variant
  }

  #of(replica: string): readonly ReportedReplica[] {
    return [...this.#reports.values()].flatMap(replicas => replicas.get(replica) ?? [])
  }
}

function sameReport(
  a: ReadonlyMap<string, ReportedReplica>,
  b: ReadonlyMap<string, ReportedReplica>,
): boolean {
  if (a.size !== b.size) return false
  return [...b].every(([name, { phase, address, variant, fallback }]) => {
    const before = a.get(name)
    const told = JSON.stringify([before?.address, before?.variant, before?.fallback])
    return before?.phase === phase && told === JSON.stringify([address, variant, fallback])
  })
}
