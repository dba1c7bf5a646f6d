import { metadataEntry } from '../tensors.ts'
import type { MetadataEntry } from '../types.ts'
import type { Hdf5Attribute } from './open.ts'

/** Attributes that are told of one file. */
const MAX_METADATA = 2_000
/** Elements of an attribute that are told. */
const MAX_ATTRIBUTE_ELEMENTS = 10_000

/** Collects attributes as metadata, up to `MAX_METADATA` of them. */
export class MetadataCollector {
  readonly entries: MetadataEntry[] = []
  readonly #notes: string[] = []
  #left = 0

  /** What was cut or left out. */
  notes(): readonly string[] {
    return this.#left > 0 ? [...this.#notes, `${this.#left} more attributes are left out`] : this.#notes
  }

  /** Those of an object: of the root under their own names, of others as `path@name`. */
  async add(path: string, attributes: readonly Hdf5Attribute[]): Promise<void> {
    for (const attribute of attributes) {
      if (this.entries.length >= MAX_METADATA) {
        this.#left++
        continue
      }
      const key = path === '' ? attribute.name : `${path}@${attribute.name}`
      this.entries.push(metadataEntry(key, await textOf(attribute), this.#notes))
    }
  }
}

async function textOf(attribute: Hdf5Attribute): Promise<string> {
  const elements = attribute.shape.reduce((product, size) => product * size, 1)
  if (elements > MAX_ATTRIBUTE_ELEMENTS) return `[${elements} elements of class ${attribute.type.class}]`
  const value = await attribute.value()
  return typeof value === 'string' ? value : JSON.stringify(value)
}
