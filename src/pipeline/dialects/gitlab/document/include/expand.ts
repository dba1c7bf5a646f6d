import type { Location } from '../../../../../core/index.ts'
import { MAX_WILDCARD, matchingPaths } from '../../../../caching/wildcards.ts'
import { type Located, quote } from '../../../../yaml/located.ts'
import type { RepositoryFiles } from '../../../types.ts'
import type { Rule } from '../../types.ts'
import type { Budget } from '../budget.ts'
import { type FileSurroundings, readCiFile, type TopLevel } from '../file.ts'
import type { DocumentFindings } from '../findings.ts'
import { readInputs } from '../header/spec.ts'
import type { InputSpec } from '../header/types.ts'
import { asText } from '../interpolation/json.ts'
import { deepMerge } from '../merge/deep.ts'
import { readMap } from '../read.ts'
import { readIncludes } from './entries.ts'
import type { IncludedFile, Sources } from './sources.ts'
import { plainPath } from './targets.ts'
import type { Home, IncludeEntry, IncludeTarget } from './types.ts'

export interface IncludeOptions {
  readonly files: RepositoryFiles
  readonly sources: Sources
  /** Paths of another project. */
  list(project: string, ref: string | undefined): Promise<readonly string[] | undefined>
  expand(text: string): string
  decideInclude(rules: readonly Rule[], at: Location): Promise<boolean>
}

const REPOSITORY: Home = { kind: 'repository' }
const NO_INPUTS: IncludeEntry['inputs'] = new Map()

/** Where an `include:` stands. */
interface Origin {
  readonly home: Home
  /** Keys of the files that led here: one of them again is a circle. */
  readonly chain: readonly string[]
}

/**
 * Puts included files below a file: theirs first, in their order, each over those before it, and the file over
 * all. The same file may come twice; a file that leads back to itself is a finding.
 */
export class Includes {
  readonly #options: IncludeOptions
  readonly #budget: Budget
  readonly #findings: DocumentFindings
  /** Files that are merged with all that they include, by their key. */
  readonly #merged = new Map<string, TopLevel | undefined>()

  constructor(options: IncludeOptions, budget: Budget, findings: DocumentFindings) {
    this.#options = options
    this.#budget = budget
    this.#findings = findings
  }

  /** The file of a pipeline. */
  async expandRoot(top: TopLevel, file: string): Promise<TopLevel | undefined> {
    return this.#expand(top, {
      home: REPOSITORY,
      chain: [keyOf({ kind: 'local', path: file }, NO_INPUTS, REPOSITORY)],
    })
  }

  async #expand(top: TopLevel, origin: Origin): Promise<TopLevel | undefined> {
    const include = top.entries.find(({ key }) => key === 'include')
    if (!include) return top
    const included: TopLevel[] = []
    const entries = readIncludes(include.value, text => this.#options.expand(text), this.#findings)
    for (const entry of entries) {
      for (const target of await this.#wanted(entry, origin)) {
        if (!this.#budget.takeFile(entry.at)) return undefined
        const file = await this.#load(target, entry, origin)
        if (file) included.push(file)
      }
    }
    const own = { ...top, entries: top.entries.filter(({ key }) => key !== 'include') }
    return deepMerge([...included, own], top.at, this.#budget)
  }

  async #wanted(entry: IncludeEntry, origin: Origin): Promise<readonly IncludeTarget[]> {
    if (entry.rules) {
      const rules = entry.rules.map(rule => atHome(rule, origin.home))
      if (!(await this.#options.decideInclude(rules, entry.at))) return []
    }
    const found: IncludeTarget[] = []
    for (const target of entry.targets)
      found.push(...(await this.#withoutWildcards(target, entry.at, origin)))
    return found
  }

  async #withoutWildcards(
    target: IncludeTarget,
    at: Location,
    { home }: Origin,
  ): Promise<readonly IncludeTarget[]> {
    if (target.kind !== 'local' || !target.path.includes('*')) return [target]
    const pattern = plainPath(target.path)
    const listed = pattern.length > MAX_WILDCARD ? undefined : await this.#listed(home)
    if (!listed) {
      const message = `Wildcards find files of a project that can be listed: ${quote(pattern)}`
      this.#findings.error(at, 'NOT_AVAILABLE', message, { hint: 'name the files one by one' })
      return []
    }
    const paths = matchingPaths(pattern, listed)
    if (paths.length === 0) this.#findings.error(at, 'INCLUDE_MISSING', `No file is like ${quote(pattern)}`)
    return paths.map(path => ({ kind: 'local', path }))
  }

  async #listed(home: Home): Promise<readonly string[] | undefined> {
    if (home.kind === 'repository') return this.#options.files.list()
    return home.kind === 'project' ? this.#options.list(home.project, home.ref) : undefined
  }

  async #load(target: IncludeTarget, entry: IncludeEntry, origin: Origin): Promise<TopLevel | undefined> {
    const key = keyOf(target, entry.inputs, origin.home)
    if (origin.chain.includes(key)) {
      return this.#findings.error(
        entry.at,
        'INCLUDE_CYCLE',
        `${quote(showTarget(target))} includes itself in the end`,
      )
    }
    if (this.#merged.has(key)) return this.#merged.get(key)
    const file = await this.#options.sources.fetch(target, origin.home, entry.at)
    const chain = [...origin.chain, key]
    const merged = file && (await this.#read(file, entry, { home: file.home, chain }))
    this.#merged.set(key, merged)
    return merged
  }

  async #read(file: IncludedFile, entry: IncludeEntry, origin: Origin): Promise<TopLevel | undefined> {
    const surroundings: FileSurroundings = {
      given: () => ({ at: entry.at, values: entry.inputs }),
      expand: text => this.#options.expand(text),
      inputsFrom: include => this.inputsFrom(include, file.home),
      ...(file.component && { component: file.component }),
    }
    const source = { name: file.name, text: file.text, at: entry.at }
    const top = await readCiFile(source, surroundings, this.#budget, this.#findings)
    return top && this.#expand(top, origin)
  }

  /** `spec: include:`: files that hold inputs and nothing else. */
  async inputsFrom(include: Located, home: Home): Promise<ReadonlyMap<string, InputSpec>> {
    const all = new Map<string, InputSpec>()
    for (const entry of readIncludes(include, text => this.#options.expand(text), this.#findings)) {
      for (const target of entry.targets) {
        if (!this.#budget.takeFile(entry.at)) return all
        for (const [name, spec] of await this.#inputsOf(target, entry, home)) {
          if (!all.has(name)) all.set(name, spec)
          else
            this.#findings.error(
              spec.at,
              'INPUT_INVALID',
              `The input ${quote(name)} is in two included files`,
            )
        }
      }
    }
    return all
  }

  async #inputsOf(
    target: IncludeTarget,
    entry: IncludeEntry,
    home: Home,
  ): Promise<ReadonlyMap<string, InputSpec>> {
    if (target.kind === 'template' || target.kind === 'component') {
      this.#findings.error(entry.at, 'NOT_AVAILABLE', `A header includes no ${target.kind}`)
      return new Map()
    }
    const file = await this.#options.sources.fetch(target, home, entry.at)
    const none: FileSurroundings = {
      given: () => undefined,
      expand: text => text,
      inputsFrom: () => Promise.resolve(new Map()),
    }
    const source = file && { name: file.name, text: file.text, at: entry.at }
    const top = source && (await readCiFile(source, none, this.#budget, this.#findings))
    const map = top && readMap(top, 'a file of inputs', ['inputs'], this.#findings)
    return readInputs(map?.get('inputs')?.value, this.#findings)
  }
}

/** `exists` looks where the file lies that asks, unless the rule says where. */
function atHome(rule: Rule, home: Home): Rule {
  if (!rule.exists || rule.exists.project !== undefined || home.kind !== 'project') return rule
  const { project, ref } = home
  return { ...rule, exists: { ...rule.exists, project, ...(ref !== undefined && { ref }) } }
}

/** What tells one included file from another: the same with other inputs is another. */
function keyOf(target: IncludeTarget, inputs: IncludeEntry['inputs'], home: Home): string {
  const given = [...inputs].map(([name, value]) => [name, asText(value)])
  if (target.kind === 'local') return JSON.stringify(['local', home, plainPath(target.path), given])
  return JSON.stringify([target, given])
}

function showTarget(target: IncludeTarget): string {
  switch (target.kind) {
    case 'local':
      return target.path
    case 'project':
      return `${target.project}:${target.file}`
    case 'remote':
      return target.url
    case 'component':
      return `${target.address.project}/${target.address.name}`
    case 'template':
      return target.name
  }
}
