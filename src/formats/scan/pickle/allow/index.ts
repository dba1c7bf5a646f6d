import { BOOSTING, JOBLIB } from './boosting.ts'
import type { Entry, Table } from './entry.ts'
import { NUMPY } from './numpy.ts'
import { PANDAS } from './pandas.ts'
import { PYTHON } from './python.ts'
import { SCIPY } from './scipy.ts'
import { SKLEARN } from './sklearn.ts'
import { TORCH } from './torch.ts'

const ALLOWED: ReadonlyMap<string, ReadonlyMap<string, Entry>> = collect([
  PYTHON,
  NUMPY,
  SCIPY,
  PANDAS,
  SKLEARN,
  TORCH,
  BOOSTING,
  JOBLIB,
])

/** How `module.name` may be used; undefined for what no table vouches for. Names are Python 3's. */
export function allowed(module: string, name: string): Entry | undefined {
  return ALLOWED.get(module)?.get(name)
}

function collect(tables: readonly Table[]): Map<string, Map<string, Entry>> {
  const all = new Map<string, Map<string, Entry>>()
  for (const table of tables) {
    for (const [module, entries] of Object.entries(table)) {
      const names = all.get(module) ?? new Map<string, Entry>()
      for (const [name, entry] of Object.entries(entries)) names.set(name, entry)
      all.set(module, names)
    }
  }
  return all
}
