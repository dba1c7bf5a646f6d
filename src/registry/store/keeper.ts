import type { Bytes, Clock, Digest, Logger, ProjectId } from '../../core/index.ts'
import { openPieceCodec } from '../codec/codec.ts'
import { RegistryError } from '../errors.ts'
import type { PackStore } from '../pack/types.ts'
import { type Adopted, adopt } from './adopt.ts'
import { check } from './check/check.ts'
import type { CheckOptions } from './check/types.ts'
import { collect } from './collect.ts'
import { Locks } from './locks.ts'
import { ModelStore } from './model-store.ts'
import { PackedObjects, readRecipe } from './packed-reader.ts'
import { type Packer, packNext } from './packing.ts'
import type { CollectionIndex, ObjectIndex, ObjectStore, WholeStore } from './ports.ts'
import { statsOf } from './stats.ts'
import type { CheckReport, CollectOptions, CollectReport, Root, StoredObject, StoreStats } from './types.ts'
import { evict } from './warm.ts'

export interface KeeperPorts {
  readonly whole: WholeStore
  readonly packs: PackStore
  readonly index: ObjectIndex & CollectionIndex
  /** Absent: objects stay whole. */
  readonly packer?: Packer | undefined
  readonly clock: Clock
  readonly logger: Logger
  /** Of whole files beside packs. */
  readonly warmBudget: Bytes
  /** What is in use. The server knows. */
  readonly roots: () => AsyncIterable<Root>
  /** Those of them whose whole files stay. */
  readonly warm: () => AsyncIterable<Root>
}

/** The store and what goes on behind it. Packings, collections and checks never run beside each other. */
export class StoreKeeper {
  readonly store: ObjectStore
  readonly #ports: KeeperPorts
  readonly #locks = new Locks()
  readonly #codec = openPieceCodec()
  readonly #packed: PackedObjects
  readonly #models: ModelStore
  readonly #stopping = new AbortController()

  constructor(ports: KeeperPorts) {
    this.#ports = ports
    const { packs, index } = ports
    this.#packed = new PackedObjects({ packs, find: chunks => index.chunks(chunks), codec: this.#codec })
    this.#models = new ModelStore({ ...ports, packed: this.#packed, locks: this.#locks })
    this.store = this.#models
  }

  /** Takes in what lies on the disk and the index does not know: at every start. */
  adopt(): Promise<Adopted> {
    return this.#alone(() => adopt({ ...this.#ports, locks: this.#locks }, true))
  }

  /** Packs what waits, one after the other, until nothing does. Gives how many. Throws DISK_FULL. */
  async packWaiting(): Promise<number> {
    const { packer } = this.#ports
    if (!packer) return 0
    let count = 0
    while (await this.#alone(() => packNext({ ...this.#ports, packer }, this.#stopping.signal))) count++
    return count
  }

  /** Brings warm copies below their budget, or below another one where the disk is full. */
  async evict(
    budget: Bytes = this.#ports.warmBudget,
  ): Promise<{ readonly files: number; readonly bytes: Bytes }> {
    const pinned = new Set<Digest>()
    for await (const { digest } of this.#ports.warm()) pinned.add(digest)
    return evict({ ...this.#ports, locks: this.#locks }, budget, pinned)
  }

  collect(options: CollectOptions): Promise<CollectReport> {
    const ports = {
      ...this.#ports,
      locks: this.#locks,
      recipe: (object: StoredObject) => this.#recipe(object),
      signal: this.#stopping.signal,
    }
    return this.#alone(() => collect(ports, this.#ports.roots(), options))
  }

  check(options: Omit<CheckOptions, 'roots' | 'signal'>): Promise<CheckReport> {
    const recipe = (object: StoredObject) => this.#recipe(object)
    const ports = { ...this.#ports, locks: this.#locks, codec: this.#codec, recipe }
    return this.#alone(() =>
      check(ports, { ...options, roots: this.#ports.roots(), signal: this.#stopping.signal }),
    )
  }

  stats(project?: ProjectId): Promise<StoreStats> {
    return statsOf(this.#ports.index, this.#ports.warmBudget, project)
  }

  /** When restored copies are synced, and so are known to be warm. */
  settled(): Promise<void> {
    return this.#models.settled()
  }

  /** Ends a packing, a collection or a check under way; what waits is packed after the next start. */
  async close(): Promise<void> {
    this.#stopping.abort(
      new RegistryError('PACKING_STOPPED', {
        message: 'The store is closed: the server stops',
        hint: 'Ask again when it runs.',
      }),
    )
    await this.#alone(async () => undefined)
    await this.settled()
    await this.#packed.close()
  }

  #alone<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#locks.run('keeper', work)
  }

  /** Read anew: a check must not believe what it remembers. */
  async #recipe({ digest, pack }: StoredObject) {
    if (pack === undefined) throw new Error(`${digest} is packed, and the index names no pack`)
    return readRecipe(this.#ports.packs, digest, pack)
  }
}
