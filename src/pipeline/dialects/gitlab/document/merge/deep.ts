import type { Location } from '../../../../../core/index.ts'
import type { Entry, Located } from '../../../../yaml/located.ts'
import type { Budget } from '../budget.ts'

export type LocatedMap = Extract<Located, { kind: 'map' }>

/**
 * Merges maps at every depth, later ones over earlier ones; anything that is no map replaces what was there. Keys
 * stand where they first stood. Undefined when there is no room for more. Shares what it does not change.
 */
export function deepMerge(maps: readonly LocatedMap[], at: Location, budget: Budget): LocatedMap | undefined {
  const some = maps.filter(({ entries }) => entries.length > 0)
  if (some.length < 2) return { kind: 'map', entries: some[0]?.entries ?? [], at }
  const entries = some.reduce((sum, map) => sum + map.entries.length, 0)
  if (!budget.takeValues(at, entries)) return undefined
  const merged = new Map<string, Entry>()
  for (const entry of some.flatMap(map => map.entries)) {
    const below = merged.get(entry.key)?.value
    if (below?.kind !== 'map' || entry.value.kind !== 'map') {
      merged.set(entry.key, entry)
      continue
    }
    const value = deepMerge([below, entry.value], entry.value.at, budget)
    if (!value) return undefined
    merged.set(entry.key, { ...entry, value })
  }
  return { kind: 'map', entries: [...merged.values()], at }
}
