import type { Diagnostic } from '../../../../core/index.ts'
import { loadYaml } from '../../../yaml/load.ts'
import type { Located } from '../../../yaml/located.ts'
import type { Keyed, MergedConfig } from '../types.ts'

const GLOBALS =
  'default workflow stages variables include image services cache before_script after_script'.split(' ')

/** The value of a text of plain YAML, in `ci.yml`. */
export function located(text: string): Located {
  const told: Pick<Diagnostic, 'message'>[] = []
  const tell = (_at: unknown, _code: unknown, message: string): undefined => {
    told.push({ message })
  }
  const options = {
    maxBytes: 1e6,
    maxDepth: 60,
    maxValues: 1_000_000,
    maxEntryTokens: 1_000_000,
    tagHint: '',
    merge: true,
    duplicates: 'last',
    references: false,
    maxDocuments: 1,
  } as const
  const value = loadYaml(text, 'ci.yml', options, { error: tell, warn: tell })
  if (!value) throw new Error(told.map(({ message }) => message).join(', '))
  return value
}

/** What the document's loader makes of a file without includes and templates. */
export function mergedConfig(text: string): MergedConfig {
  const top = located(text)
  const entries: readonly Keyed[] = top.kind === 'map' ? top.entries : []
  const pick = (wanted: (key: string) => boolean) =>
    new Map(entries.filter(({ key }) => wanted(key)).map(entry => [entry.key, entry]))
  return {
    globals: pick(key => GLOBALS.includes(key)),
    jobs: pick(key => !GLOBALS.includes(key) && !key.startsWith('.')),
  }
}
