import { formatDiagnostic } from '../../../../core/index.ts'
import type { InputValue } from '../../../types.ts'
import type { Located } from '../../../yaml/located.ts'
import type { Fetched } from '../../types.ts'
import { DocumentFindings } from './findings.ts'
import { asText } from './interpolation/json.ts'
import { type LoadRequest, loadConfig } from './load.ts'

export interface World {
  /** By path: `.gitlab-ci.yml` is the file of the pipeline. */
  readonly files: Readonly<Record<string, string>>
  /** By `project:file`, `project:file@ref`, `project/component@version` and address. */
  readonly elsewhere?: Readonly<Record<string, string>>
  /** Paths by project, where projects can be listed. */
  readonly lists?: Readonly<Record<string, readonly string[]>>
  readonly variables?: Readonly<Record<string, string>>
  readonly inputs?: Readonly<Record<string, InputValue>>
  readonly decideInclude?: LoadRequest['decideInclude']
}

export interface Loaded {
  readonly globals: Readonly<Record<string, unknown>>
  readonly jobs: Readonly<Record<string, unknown>>
  readonly problems: readonly string[]
  /** By `job.key.key`: `ci/base.yml:3:5`. */
  place(path: string): string
}

const FILE = '.gitlab-ci.yml'
/** The commit that every other project is at. */
export const ELSEWHERE_COMMIT = 'c0ffee'.padEnd(40, '0')

/** Loads a CI file in a small world; a text alone is its file. */
export async function load(written: string | World): Promise<Loaded> {
  const world: World = typeof written === 'string' ? { files: { [FILE]: written } } : written
  const { files, elsewhere = {}, variables = {}, inputs = {}, decideInclude } = world
  const own = new Map(Object.entries(files))
  const others = new Map(Object.entries(elsewhere))
  const known: Readonly<Record<string, string>> = { CI_SERVER_FQDN: 'ballast.test', ...variables }
  const fetched = async (name: string): Promise<Fetched> => {
    const text = others.get(name)
    return text === undefined
      ? { kind: 'missing', reason: `there is no ${name}` }
      : { kind: 'file', text, commit: ELSEWHERE_COMMIT }
  }
  const findings = new DocumentFindings()
  const config = await loadConfig(
    {
      file: FILE,
      text: own.get(FILE) ?? '',
      inputs,
      files: {
        list: async () => [...own.keys()],
        read: async path => own.get(path),
        changed: async () => undefined,
      },
      includes: {
        project: (project, file, ref) => fetched(`${project}:${file}${ref === undefined ? '' : `@${ref}`}`),
        component: (project, name, version) => fetched(`${project}/${name}@${version}`),
        remote: url => fetched(url),
        ...(world.lists && { list: async project => world.lists?.[project] }),
      },
      expand: text => text.replace(/\$(\w+)/g, (_, name: string) => known[name] ?? ''),
      decideInclude: decideInclude ?? (async () => true),
    },
    findings,
  )
  const jobs = new Map([...(config?.globals ?? []), ...(config?.jobs ?? [])])
  return {
    globals: plainMap(config?.globals),
    jobs: plainMap(config?.jobs),
    problems: findings.sorted().map(formatDiagnostic),
    place(path) {
      const [job = '', ...keys] = path.split('.')
      let node = jobs.get(job)?.value
      for (const key of keys) node = below(node, key)
      return node ? `${node.at.file}:${node.at.line}:${node.at.column}` : 'nowhere'
    },
  }
}

function below(node: Located | undefined, key: string): Located | undefined {
  if (node?.kind === 'list') return node.items[Number(key)]
  return node?.kind === 'map' ? node.entries.find(entry => entry.key === key)?.value : undefined
}

function plainMap(
  entries: ReadonlyMap<string, { readonly value: Located }> | undefined,
): Record<string, unknown> {
  const all = [...(entries ?? [])].map(([key, { value }]) => [key, plainOf(value)] as const)
  return Object.fromEntries(all)
}

function plainOf(node: Located): unknown {
  return node.kind === 'scalar' ? node.value : (JSON.parse(asText(node)) as unknown)
}
