import type { MetadataEntry } from '../types.ts'
import type { Hdf5Attribute } from './open.ts'

/** Characters of one value. Longer ones are cut, with a note. */
export const MAX_METADATA_TEXT = 16 * 1024
/** Attributes that are told of one file. */
export const MAX_METADATA = 2_000
/** Elements of an attribute that are told. */
const MAX_ATTRIBUTE_ELEMENTS = 10_000

/** Collects attributes as metadata, up to `MAX_METADATA` of them. */
export class MetadataCollector {
  readonly entries: MetadataEntry[] = []
  #left = 0

  /** How many there were no more places for. */
  get leftOut(): number {
    return this.#left
  }

  /** Those of an object: of the root under their own names, of others as `path@name`. */
  async add(path: string, attributes: readonly Hdf5Attribute[]): Promise<void> {
    for (const attribute of attributes) {
      if (this.entries.length >= MAX_METADATA) this.#left++
      else
        this.entries.push(
          await entryOf(path === '' ? attribute.name : `${path}@${attribute.name}`, attribute),
        )
    }
  }
}

async function entryOf(key: string, attribute: Hdf5Attribute): Promise<MetadataEntry> {
  const elements = attribute.shape.reduce((product, size) => product * size, 1)
  if (elements > MAX_ATTRIBUTE_ELEMENTS)
    return { key, value: `[${elements} elements of class ${attribute.type.class}]` }
  const value = await attribute.value()
  return { key, value: cut(typeof value === 'string' ? value : JSON.stringify(value)) }
}

/** Text of at most `MAX_METADATA_TEXT` characters, with a note of what is missing. */
export function cut(text: string): string {
  if (text.length <= MAX_METADATA_TEXT) return text
  return `${text.slice(0, MAX_METADATA_TEXT)}… (${text.length} characters)`
}
