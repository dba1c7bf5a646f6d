import { type Entry, quote, showFound } from '../../../../yaml/located.ts'
import type { Budget } from '../budget.ts'
import type { TopLevel } from '../file.ts'
import type { DocumentFindings } from '../findings.ts'
import { MAX_EXTENDS_LEVELS } from '../limits.ts'
import { isNothing, textOf } from '../read.ts'
import { deepMerge } from './deep.ts'
import { isGlobal } from './globals.ts'
import { dependenciesFirst } from './order.ts'

/** Names of one circle that a message shows. */
const MAX_SHOWN = 20

/** A job, and the names that its `extends` lists. */
interface Extending {
  readonly entry: Entry
  readonly bases: readonly string[]
}

/**
 * Lays out `extends`: bases in their order, each over the one before, the job over all. A base may extend others.
 * Everything that is wrong is a finding; the result is undefined then.
 */
export function applyExtends(
  top: TopLevel,
  budget: Budget,
  findings: DocumentFindings,
): ReadonlyMap<string, Entry> | undefined {
  const before = findings.errors
  const entries = new Map(top.entries.map(entry => [entry.key, entry]))
  const names = [...entries.keys()]
  const jobs = new Map<string, Extending>()
  for (const entry of top.entries) jobs.set(entry.key, readExtends(entry, entries, names, findings))
  const order = dependenciesFirst(names, name => jobs.get(name)?.bases ?? [])
  if (order.cycle) {
    const [first] = order.cycle
    const chain = order.cycle.slice(0, MAX_SHOWN).map(name => quote(name))
    const more = order.cycle.length - chain.length
    const message = `extends goes round in a circle: ${chain.join(' -> ')}${more > 0 ? ` … and ${more} more` : ''}`
    findings.error(entries.get(first!)!.keyAt, 'EXTENDS_CYCLE', message)
  }
  if (!order.cycle) checkLevels(order.names, jobs, findings)
  if (findings.errors > before) return undefined
  const done = new Map<string, Entry>()
  for (const name of order.names) {
    const merged = mergeBases(jobs.get(name)!, done, budget)
    if (!merged) return undefined
    done.set(name, merged)
  }
  return new Map(names.map(name => [name, done.get(name)!]))
}

function readExtends(
  entry: Entry,
  entries: ReadonlyMap<string, Entry>,
  names: readonly string[],
  findings: DocumentFindings,
): Extending {
  const { value } = entry
  const node = value.kind === 'map' && !isGlobal(entry.key) ? value.entries.find(isExtends)?.value : undefined
  if (!node || isNothing(node)) return { entry, bases: [] }
  const bases = (node.kind === 'list' ? node.items : [node]).map(item => ({
    name: textOf(item),
    at: item.at,
  }))
  const known = bases.filter(({ name, at }) => {
    if (name === undefined) {
      const facts = { expected: 'the name of a job, or a list of names', found: showFound(node) }
      return findings.error(at, 'EXTENDS_INVALID', `Bad value of extends in ${quote(entry.key)}`, facts)
    }
    const base = entries.get(name)
    if (!base) {
      const message = `${quote(entry.key)} extends ${quote(name)}, which is not there`
      return findings.error(at, 'EXTENDS_UNKNOWN', message, findings.nearest(name, names))
    }
    if (base.value.kind === 'map') return true
    const facts = { expected: 'a map', found: showFound(base.value) }
    return findings.error(at, 'EXTENDS_INVALID', `${quote(name)} can't be extended`, facts)
  })
  return { entry, bases: known.map(({ name }) => name!) }
}

const isExtends = ({ key }: Entry) => key === 'extends'

function checkLevels(
  order: readonly string[],
  jobs: ReadonlyMap<string, Extending>,
  findings: DocumentFindings,
): void {
  const levels = new Map<string, number>()
  for (const name of order) {
    const { bases, entry } = jobs.get(name)!
    const level = bases.reduce((most, base) => Math.max(most, levels.get(base)! + 1), 0)
    levels.set(name, level)
    if (level !== MAX_EXTENDS_LEVELS + 1) continue
    const message = `${quote(name)} extends over more than ${MAX_EXTENDS_LEVELS} levels`
    findings.error(entry.keyAt, 'EXTENDS_TOO_DEEP', message)
  }
}

function mergeBases(
  { entry, bases }: Extending,
  done: ReadonlyMap<string, Entry>,
  budget: Budget,
): Entry | undefined {
  const { value } = entry
  if (value.kind !== 'map' || isGlobal(entry.key)) return entry
  const own = { ...value, entries: value.entries.filter(one => !isExtends(one)) }
  const below = bases.map(base => done.get(base)!.value).filter(base => base.kind === 'map')
  const merged = deepMerge([...below, own], value.at, budget)
  return merged && { ...entry, value: merged }
}
