import type { Location } from '../../../../core/index.ts'
import type { InputValue } from '../../../types.ts'
import type { Entry, Located } from '../../../yaml/located.ts'
import type { IncludeSources, RepositoryFiles } from '../../types.ts'
import type { Keyed, MergedConfig, Rule } from '../types.ts'
import { Budget } from './budget.ts'
import { readCiFile, type TopLevel } from './file.ts'
import type { DocumentFindings } from './findings.ts'
import { inputsFromOutside } from './header/outside.ts'
import { Includes } from './include/expand.ts'
import { Sources } from './include/sources.ts'
import { MAX_CHARACTERS, MAX_DEPTH, MAX_VALUES } from './limits.ts'
import { applyExtends } from './merge/extends.ts'
import { isGlobal } from './merge/globals.ts'
import { Measure } from './merge/measure.ts'
import { References } from './merge/references.ts'
import { isNothing } from './read.ts'

export interface LoadRequest {
  /** Path in the repository. */
  readonly file: string
  readonly text: string
  /** Given with the trigger. */
  readonly inputs: Readonly<Record<string, InputValue>>
  readonly files: RepositoryFiles
  readonly includes: IncludeSources
  /** Gives variables that `include` can use their values: `$NAME`, `${NAME}`. */
  expand(text: string): string
  /** Whether an include with rules counts. */
  decideInclude(rules: readonly Rule[], at: Location): Promise<boolean>
}

/**
 * Puts a CI file together: inputs and anchors in each file, then `include`, then `extends`, then `!reference`.
 * Undefined where something is wrong, with all findings of the step that could not be done. Throws only what the
 * sources throw besides a refusal.
 */
export async function loadConfig(
  request: LoadRequest,
  findings: DocumentFindings,
): Promise<MergedConfig | undefined> {
  const before = findings.errors
  const budget = new Budget(findings)
  const top = await readAll(request, budget, findings)
  if (!top || findings.errors > before) return undefined
  const extended = applyExtends(top, budget, findings)
  if (!extended) return undefined
  const resolved = resolveReferences(extended, budget, findings)
  if (findings.errors > before || !fits(resolved, top, findings)) return undefined
  return separate(resolved)
}

async function readAll(
  request: LoadRequest,
  budget: Budget,
  findings: DocumentFindings,
): Promise<TopLevel | undefined> {
  const { file, text, files, includes } = request
  const start = { file, line: 1, column: 1 }
  const expand = (written: string) => request.expand(written)
  const hosts = new Set([expand('$CI_SERVER_FQDN'), expand('$CI_SERVER_HOST')].filter(host => host !== ''))
  const sources = new Sources(files, includes, hosts, findings)
  const decideInclude: LoadRequest['decideInclude'] = (rules, at) => request.decideInclude(rules, at)
  const list = async (project: string, ref: string | undefined) => includes.list?.(project, ref)
  const all = new Includes({ files, list, sources, expand, decideInclude }, budget, findings)
  const surroundings = {
    given: (specs: Parameters<typeof inputsFromOutside>[1]) => ({
      at: start,
      values: inputsFromOutside(request.inputs, specs, start),
    }),
    expand,
    inputsFrom: (include: Located) => all.inputsFrom(include, { kind: 'repository' }),
  }
  const top = await readCiFile({ name: file, text, at: start }, surroundings, budget, findings)
  return top && all.expandRoot(top, file)
}

/** Hidden entries are done with: only what others take of them counts. */
function resolveReferences(
  entries: ReadonlyMap<string, Entry>,
  budget: Budget,
  findings: DocumentFindings,
): readonly Entry[] {
  const references = new References(entries, budget, findings)
  const resolved: Entry[] = []
  for (const entry of entries.values()) {
    if (entry.key.startsWith('.')) continue
    const value = references.resolve(entry.value)
    if (value) resolved.push({ ...entry, value })
  }
  return resolved
}

function fits(entries: readonly Entry[], { at }: TopLevel, findings: DocumentFindings): boolean {
  const measure = new Measure()
  let values = 0
  let characters = 0
  let depth = 0
  for (const { value } of entries) {
    const size = measure.of(value)
    values += size.values
    characters += size.characters
    depth = Math.max(depth, size.depth)
  }
  const tell = (message: string): false => {
    findings.error(at, 'TOO_LARGE', message)
    return false
  }
  if (values > MAX_VALUES) return tell(`All jobs together have more than ${MAX_VALUES} values`)
  if (characters > MAX_CHARACTERS)
    return tell(`All jobs together have more than ${MAX_CHARACTERS} characters`)
  return depth <= MAX_DEPTH || tell(`Values are nested more than ${MAX_DEPTH} deep`)
}

/** A key with nothing is as if it were not there: so `extends` leaves out what it would bring. */
function separate(entries: readonly Entry[]): MergedConfig {
  const globals = new Map<string, Keyed>()
  const jobs = new Map<string, Keyed>()
  for (const entry of entries) {
    const { key, value } = entry
    if (isGlobal(key)) {
      if (!isNothing(value))
        globals.set(key, key === 'default' ? { ...entry, value: withoutNothing(value) } : entry)
    } else jobs.set(key, { ...entry, value: withoutNothing(value) })
  }
  return { globals, jobs }
}

function withoutNothing(node: Located): Located {
  if (node.kind !== 'map') return node
  const entries = node.entries.filter(({ value }) => !isNothing(value))
  return entries.length === node.entries.length ? node : { ...node, entries }
}
