import { type InputValue, type Located, loadYaml, type YamlOptions } from '../../../pipeline/index.ts'

/** A header that declares inputs is small. */
const OPTIONS: YamlOptions = {
  maxBytes: 256 * 1024,
  maxDepth: 20,
  maxValues: 10_000,
  maxEntryTokens: 50_000,
  tagHint: '',
  merge: true,
  duplicates: 'last',
  references: true,
  maxDocuments: 1,
}

/** Whoever compiles the file tells what is wrong with it. */
const NOBODY = { error: () => undefined, warn: () => undefined }

type Inputs = Readonly<Record<string, InputValue>>

/**
 * Texts of a command line as what the file's `spec: inputs` declares them to be; what does not fit stays a text, and
 * the compiler says so.
 *
 *   type: number, '5' -> 5 · type: array, '["a"]' -> ['a'] · type: string, '1.10' -> '1.10'
 */
export function typedInputs(inputs: Inputs, text: string): Inputs {
  const names = Object.keys(inputs)
  if (names.length === 0) return inputs
  const types = typesIn(text)
  return Object.fromEntries(names.map(name => [name, typed(inputs[name]!, types.get(name))]))
}

function typed(value: InputValue, type: string | undefined): InputValue {
  if (typeof value !== 'string') return value
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true'
  if (type === 'number' && value.trim() !== '' && Number.isFinite(Number(value))) return Number(value)
  return type === 'array' ? (listOf(value) ?? value) : value
}

function listOf(text: string): readonly string[] | undefined {
  try {
    const list: unknown = JSON.parse(text)
    return Array.isArray(list) && list.every(item => typeof item === 'string') ? list : undefined
  } catch {
    return undefined
  }
}

/** By name, of the document before the first `---` that ends one. */
function typesIn(text: string): ReadonlyMap<string, string> {
  const [header, rest] = text.replace(/^(\s*#.*\n|\s*\n)*---.*\n/, '').split(/^---\s*$/m, 2)
  if (rest === undefined) return new Map()
  const declared = entry(entry(loadYaml(header ?? '', '', OPTIONS, NOBODY), 'spec'), 'inputs')
  if (declared?.kind !== 'map') return new Map()
  return new Map(
    declared.entries.flatMap(({ key, value }) => {
      const type = entry(value, 'type')
      return type?.kind === 'scalar' ? [[key, type.text] as const] : []
    }),
  )
}

function entry(node: Located | undefined, key: string): Located | undefined {
  return node?.kind === 'map' ? node.entries.find(found => found.key === key)?.value : undefined
}
