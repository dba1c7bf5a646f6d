import type { Location } from '../../../../../core/index.ts'
import { loadYaml } from '../../../../yaml/load.ts'
import type { Located } from '../../../../yaml/located.ts'
import type { YamlFindings, YamlOptions } from '../../../../yaml/options.ts'
import { MAX_BLOCK_LENGTH } from '../limits.ts'
import { readPlain } from '../psych.ts'

const OPTIONS: YamlOptions = {
  maxBytes: 16 * MAX_BLOCK_LENGTH,
  maxDepth: 20,
  maxValues: 2000,
  maxEntryTokens: 20_000,
  tagHint: '',
  plain: readPlain,
  merge: false,
  duplicates: 'last',
  references: false,
  maxDocuments: 1,
}
const NOBODY: YamlFindings = { error: () => undefined, warn: () => undefined }

/**
 * A list or map that an input of type string holds: `needs: $[[ inputs.needs ]]` with the default `'[]'`, from
 * before there were inputs of type array. Undefined for any other text.
 */
export function parseInline(text: string, at: Location): Located | undefined {
  if (!/^[[{].*[\]}]$/s.test(text)) return undefined
  const value = loadYaml(text, at.file, OPTIONS, NOBODY)
  return value && value.kind !== 'scalar' ? moved(value, at) : undefined
}

function moved(node: Located, at: Location): Located {
  switch (node.kind) {
    case 'list':
      return { kind: 'list', items: node.items.map(item => moved(item, at)), at }
    case 'map':
      return {
        kind: 'map',
        entries: node.entries.map(({ key, value }) => ({ key, keyAt: at, value: moved(value, at) })),
        at,
      }
    default:
      return { ...node, at }
  }
}
