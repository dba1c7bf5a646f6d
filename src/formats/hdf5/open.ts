import type { ByteSource } from '../../core/index.ts'
import { elementCount } from '../../core/index.ts'
import type { Attribute } from '../types.ts'
import { Storage } from './bytes/storage.ts'
import { type DatasetInfo, readDatasetInfo, readElements, readValues } from './data/dataset.ts'
import { type StoredRun, storedRuns } from './data/runs.ts'
import { decodeValue, nested } from './element/value.ts'
import { fail } from './failures.ts'
import type { Hdf5Link } from './group/link.ts'
import { readLinks } from './group/links.ts'
import { GlobalHeap } from './heap/global.ts'
import { FREE_VALUE_BYTES, MAX_DEPTH, MAX_SOFT_LINKS } from './limits.ts'
import { type RawAttribute, readAttributes } from './object/attributes.ts'
import { readHeader } from './object/header.ts'
import type { Hdf5Type } from './object/types.ts'
import { readSuperblock } from './superblock.ts'

/** A name with a value on an object. */
export interface Hdf5Attribute {
  readonly name: string
  readonly type: Hdf5Type
  readonly shape: readonly number[]
  /** Decoded: a scalar as itself, else lists of lists; null for the null space. Throws FORMAT_LIMIT for more than memory should hold. */
  value(): Promise<Attribute>
}

interface Hdf5Node {
  /** From the root, without a leading slash; empty for the root. */
  readonly path: string
  /** Of its header: the same for all names of one object. */
  readonly address: number
  attributes(): Promise<readonly Hdf5Attribute[]>
}

export interface Hdf5Group extends Hdf5Node {
  readonly kind: 'group'
  links(): Promise<readonly Hdf5Link[]>
}

export interface Hdf5Dataset extends Hdf5Node {
  readonly kind: 'dataset'
  readonly info: DatasetInfo
  /** Little-endian, in C order, by pieces: see `OpenModel.readTensor`. */
  read(): AsyncGenerator<Uint8Array, void>
  /** Element by element, as plain JSON. */
  values(): AsyncGenerator<Attribute, void>
  /** Where its elements lie, without a filter; nothing where they have one, or are in other files. */
  runs(): AsyncGenerator<StoredRun, void>
}

/** A committed datatype, or an object of no known kind. */
export interface Hdf5Other extends Hdf5Node {
  readonly kind: 'other'
}

export type Hdf5Object = Hdf5Group | Hdf5Dataset | Hdf5Other

/** An HDF5 file, read by ranges. Nothing outside it is ever opened. */
export interface Hdf5File {
  readonly name: string
  /** Of the superblock. */
  readonly version: number
  /** Bytes before the superblock that belong to another program. */
  readonly userBlock: number
  readonly root: Hdf5Group
  /**
   * An object by its path; soft links are followed. Undefined where there is none, or behind an external link.
   * Throws FORMAT_LIMIT for soft links that lead in circles.
   */
  open(path: string): Promise<Hdf5Object | undefined>
  /** The object of a hard link of the group at `parent`. */
  follow(link: Extract<Hdf5Link, { kind: 'hard' }>, parent: string): Promise<Hdf5Object>
}

/** Opens a file. The source stays the caller's to close. Throws FORMAT_UNKNOWN, FORMAT_TRUNCATED, FORMAT_MALFORMED. */
export async function openHdf5(source: ByteSource): Promise<Hdf5File> {
  const superblock = await readSuperblock(source)
  const storage = new Storage(source, superblock.base, superblock.widths, superblock.extension)
  const reader = new ObjectReader(storage)
  const root = await reader.object(superblock.root, '')
  if (root.kind !== 'group') throw fail.malformed(storage.place(superblock.root), 'the root is no group')
  return {
    name: source.name,
    version: superblock.version,
    userBlock: superblock.base,
    root,
    open: path => reader.open(root, path),
    follow: (link, parent) => reader.object(link.address, join(parent, link.name)),
  }
}

const join = (parent: string, name: string): string => (parent === '' ? name : `${parent}/${name}`)

class ObjectReader {
  readonly #storage: Storage
  readonly #heap: GlobalHeap
  /** What attributes may still unpack to. */
  readonly #budget: { left: number }

  constructor(storage: Storage) {
    this.#storage = storage
    this.#heap = new GlobalHeap(storage)
    this.#budget = { left: FREE_VALUE_BYTES + 16 * storage.source.size }
  }

  async object(address: number, path: string): Promise<Hdf5Object> {
    const storage = this.#storage
    const header = await readHeader(storage, address)
    // The header is read again for its attributes: of many objects none is kept.
    const node = { path, address, attributes: () => this.#attributes(address) }
    const info = await readDatasetInfo(storage, this.#heap, header)
    if (info) {
      const access = { storage, heap: this.#heap, what: `the dataset '${path}'` }
      return {
        ...node,
        kind: 'dataset',
        info,
        read: () => readElements(info, access),
        values: () => readValues(info, access),
        runs: () => storedRuns(info, storage),
      }
    }
    const links = await readLinks(storage, header)
    return links ? { ...node, kind: 'group', links: async () => links } : { ...node, kind: 'other' }
  }

  async open(root: Hdf5Group, path: string): Promise<Hdf5Object | undefined> {
    const rest = parts(path)
    const trail: Hdf5Object[] = [root]
    let hops = 0
    for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
      const here = trail.at(-1)!
      if (here.kind !== 'group') return undefined
      if (trail.length + rest.length > 16 * MAX_DEPTH)
        throw fail.limit(
          { name: this.#storage.name },
          `the path ${JSON.stringify(path.slice(0, 100))} is too deep`,
        )
      const link = (await here.links()).find(candidate => candidate.name === name)
      if (link?.kind === 'hard') {
        trail.push(await this.object(link.address, join(here.path, link.name)))
      } else if (link?.kind === 'soft') {
        if (++hops > MAX_SOFT_LINKS)
          throw fail.limit(
            { name: this.#storage.name },
            `over ${MAX_SOFT_LINKS} soft links lead to '${path.slice(0, 100)}'`,
          )
        if (link.target.startsWith('/')) trail.length = 1
        rest.unshift(...parts(link.target))
      } else return undefined
    }
    return trail.at(-1)
  }

  async #attributes(address: number): Promise<readonly Hdf5Attribute[]> {
    const found = await readAttributes(this.#storage, await readHeader(this.#storage, address))
    return found.map(attribute => ({
      name: attribute.name,
      type: attribute.type,
      shape: attribute.space.shape,
      value: () => this.#value(attribute),
    }))
  }

  async #value({ type, space, bytes }: RawAttribute): Promise<Attribute> {
    if (space.kind === 'null') return null
    const heap = {
      global: this.#heap,
      addressBytes: this.#storage.widths.address,
      budget: this.#budget,
    }
    const flat: Attribute[] = []
    for (let i = 0; i < elementCount(space.shape); i++)
      flat.push(await decodeValue(type, bytes.subarray(i * type.size, (i + 1) * type.size), heap))
    return nested(flat, space.shape)
  }
}

const parts = (path: string): string[] => path.split('/').filter(part => part !== '' && part !== '.')
