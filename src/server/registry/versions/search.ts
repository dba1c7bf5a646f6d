import type { Project } from '../../../access/index.ts'
import type { VersionId } from '../../../core/index.ts'
import {
  matches,
  parseSearch,
  type SearchFacts,
  type Version,
  type VersionRecord,
} from '../../../registry/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { lineageIn } from './lineage.ts'
import { pointersOf } from './names.ts'

const PAGE = 100
/** Looked at by one search; the answer says when there are more. */
const MAX_SEARCHED = 5000
const KINDS = ['evaluation', 'inspection', 'scan', 'lineage', 'import'] as const

export interface Found {
  readonly versions: readonly Version[]
  readonly searched: number
  readonly more: boolean
}

/**
 * Versions of these projects' models that a query fits, newest first. Expired ones are found only where the query asks
 * for them. Throws SEARCH_INVALID.
 */
export async function searchVersions(
  plane: ControlPlane,
  projects: readonly Project[],
  query: string,
  limit: number,
): Promise<Found> {
  const { stores } = plane
  const terms = parseSearch(query, plane.clock.now())
  const wantsExpired = terms.some(
    term => term.kind === 'field' && term.field === 'is' && term.value === 'expired',
  )
  const projectOf = new Map<string, string>()
  for (const project of projects)
    for (const model of await stores.versions.modelsOf(project.id)) projectOf.set(model, project.name)
  const names = new NamesOf(plane)
  const found: Version[] = []
  let searched = 0
  let before: { readonly at: Version['createdAt']; readonly id: string } | undefined
  for (;;) {
    const page = await stores.versions.newest([...projectOf.keys()], {
      limit: PAGE,
      ...(before && { before }),
    })
    const records = groupByVersion(
      await stores.versions.recordsOf(
        page.map(({ id }) => id),
        KINDS,
      ),
    )
    for (const version of page) {
      searched++
      if (version.expired && !wantsExpired) continue
      const facts = factsOf(version, {
        project: projectOf.get(version.model)!,
        records: records.get(version.id) ?? [],
        ...(await names.of(version)),
      })
      if (!matches(terms, facts)) continue
      if (found.length === limit) return { versions: found, searched, more: true }
      found.push(version)
    }
    const last = page.at(-1)
    if (!last || page.length < PAGE) return { versions: found, searched, more: false }
    if (searched >= MAX_SEARCHED) return { versions: found, searched, more: true }
    before = { at: last.createdAt, id: last.id }
  }
}

/** Names of versions, read once for each model of a search. */
class NamesOf {
  readonly #plane: ControlPlane
  readonly #known = new Map<string, ReturnType<typeof pointersOf>>()

  constructor(plane: ControlPlane) {
    this.#plane = plane
  }

  async of({ model, id }: Version): Promise<Pick<SearchFacts, 'aliases' | 'stages'>> {
    const pointers = this.#known.get(model) ?? pointersOf(this.#plane.stores, model)
    this.#known.set(model, pointers)
    const own = (await pointers).filter(({ version }) => version === id)
    return {
      aliases: own.map(({ name }) => name),
      stages: own.filter(({ kind }) => kind === 'environment').map(({ name }) => name),
    }
  }
}

type Rest = Pick<SearchFacts, 'project' | 'aliases' | 'stages'> & {
  readonly records: readonly VersionRecord[]
}

function factsOf(version: Version, { records, ...rest }: Rest): SearchFacts {
  // What another server said of an imported version is no fact here, but its origin is.
  const own = records.filter(({ origin }) => !origin)
  const body = <Body>(kind: (typeof KINDS)[number]) =>
    own.findLast(record => record.kind === kind)?.body as Body | undefined
  const lineage = lineageIn(own)
  const format = body<{ format?: string }>('inspection')?.format
  const scan = body<{ verdict?: string }>('scan')?.verdict
  return {
    ...rest,
    model: version.model,
    number: version.number,
    files: version.manifest.files.map(({ name }) => name),
    commit: version.manifest.commit,
    digest: version.digest,
    createdAt: version.createdAt,
    metrics: body<{ metrics?: Readonly<Record<string, number>> }>('evaluation')?.metrics ?? {},
    data: lineage?.data.map(({ digest }) => digest) ?? [],
    expired: version.expired !== undefined,
    imported: own.some(({ kind }) => kind === 'import'),
    ...(format !== undefined && { format }),
    ...(scan !== undefined && { scan }),
    ...(lineage?.parent && { parent: lineage.parent.number }),
  }
}

function groupByVersion(records: readonly VersionRecord[]): ReadonlyMap<VersionId, readonly VersionRecord[]> {
  return Map.groupBy(records, ({ version }) => version)
}
