import type { Readable } from 'node:stream'
import {
  type ByteSource,
  type Bytes,
  boundary,
  type Clock,
  type Digest,
  isDigest,
  type Logger,
  type ProjectId,
} from '../../core/index.ts'
import { RegistryError } from '../errors.ts'
import { Locks } from './locks.ts'
import type { EarlyFile, ObjectIndex, ObjectStore, StagedFile, WholeStore } from './ports.ts'
import type { PackedReader } from './reading.ts'
import { Restorations, type RestoreTo } from './restorations.ts'
import type { PutOptions, StoredObject } from './types.ts'
import { Uses } from './uses.ts'

/**
 * What is smaller stays as it is: a pack costs some hundred bytes of records and two rows, and a file system gives
 * 4 KiB blocks.
 */
export const MIN_PACKED_BYTES: Bytes = 4096

export interface ModelStorePorts {
  readonly whole: WholeStore
  readonly index: ObjectIndex
  readonly packed: PackedReader
  readonly clock: Clock
  readonly logger: Logger
  /** Shared with whoever removes whole files. */
  readonly locks?: Locks
}

type Range = { readonly start: Bytes; readonly end: Bytes }

/**
 * Objects by digest. What is put lands as a whole file and can be read at once; a packer makes a pack of it later
 * (packing.ts), after which the whole file is a cache. Reads take the whole file where there is one.
 *
 * The order that a crash anywhere must leave right: file first, then row, when something comes; row first, then file,
 * when it goes. So a file without a row may be left (`adopt` finds it), never a row whose bytes are nowhere.
 */
export class ModelStore implements ObjectStore {
  readonly #ports: ModelStorePorts
  readonly #locks: Locks
  readonly #uses = new Uses()
  readonly #restorations: Restorations

  constructor(ports: ModelStorePorts) {
    this.#ports = ports
    this.#locks = ports.locks ?? new Locks()
    const restore: RestoreTo = (digest, path, onWritten) =>
      this.#fromPack(digest, object => ports.packed.restore(object, path, onWritten))
    const check = (digest: Digest) => this.#mustBePacked(digest)
    this.#restorations = new Restorations({ ...ports, locks: this.#locks, check, restore })
  }

  async put(
    expected: Digest,
    content: Readable,
    options: PutOptions & { readonly size?: Bytes } = {},
  ): Promise<{ readonly size: Bytes }> {
    const { whole } = this.#ports
    const { project, size } = options
    if (project !== undefined && size !== undefined) await this.#allowPut(project, expected, size, content)
    const file = await whole.stage(expected, content, options)
    await this.#locks.run(expected, () => this.#land(expected, file, options))
    return { size: file.size }
  }

  /** A refused upload must not be read to its end. */
  async #allowPut(project: ProjectId, digest: Digest, size: Bytes, content: Readable): Promise<void> {
    try {
      const holders = isDigest(digest) ? await this.#ports.index.holdersOf(digest) : []
      if (!holders.includes(project)) await this.allow(project, size)
    } catch (refusal) {
      content.destroy()
      throw refusal
    }
  }

  async #land(digest: Digest, file: StagedFile, { project, ancestors }: PutOptions): Promise<void> {
    const { whole, index, clock } = this.#ports
    const there = await whole.has(digest)
    await file.commit()
    boundary('object-landed')
    try {
      await index.landed({
        digest,
        size: file.size,
        at: clock.now(),
        state: file.size < MIN_PACKED_BYTES ? 'kept' : 'landed',
        ...(project !== undefined && { hold: project }),
        ...(ancestors !== undefined && { ancestors }),
      })
    } catch (refusal) {
      // Over the quota: what nobody held before goes again. Any other failure: `adopt` takes it in.
      if (!there && refusal instanceof RegistryError) await this.#forget(digest)
      throw refusal
    }
    boundary('object-indexed')
  }

  async #forget(digest: Digest): Promise<void> {
    const row = await this.#ports.index.object(digest)
    if (row === undefined || (row.state === 'packed' && !row.whole)) await this.#ports.whole.remove(digest)
  }

  async has(digest: Digest): Promise<boolean> {
    if (await this.#ports.whole.has(digest)) return true
    return (await this.#packed(digest)) !== undefined
  }

  async sizeOf(digest: Digest): Promise<Bytes | undefined> {
    return (await this.#ports.whole.sizeOf(digest)) ?? (await this.#packed(digest))?.size
  }

  async open(digest: Digest): Promise<ByteSource> {
    const source = await this.#wholeOr(digest, () => this.#ports.whole.open(digest))
    if (source) return source
    return this.#fromPack(digest, object => this.#ports.packed.open(object))
  }

  async stream(digest: Digest, range?: Range): Promise<Readable> {
    const stream = await this.#wholeOr(digest, () => this.#ports.whole.stream(digest, range))
    if (stream) return stream
    const source = await this.#fromPack(digest, object => this.#ports.packed.open(object))
    const content = source.stream(range)
    content.once('close', () => void source.close())
    return content
  }

  localPath(digest: Digest): string | undefined {
    return this.#ports.whole.localPath(digest)
  }

  async hold(project: ProjectId, digest: Digest): Promise<void> {
    await this.#ports.index.hold(project, digest, this.#ports.clock.now())
  }

  async allow(project: ProjectId, bytes: Bytes): Promise<void> {
    await this.#ports.index.allow(project, bytes)
  }

  async hint(digest: Digest, ancestors: readonly Digest[]): Promise<void> {
    await this.#ports.index.hint(digest, ancestors)
  }

  async materialize(digest: Digest): Promise<string> {
    return (await this.#wholePath(digest)) ?? this.#restorations.whole(digest)
  }

  async materializeEarly(digest: Digest): Promise<EarlyFile> {
    const path = await this.#wholePath(digest)
    if (path !== undefined) return { path, verified: true }
    return this.#restorations.early(digest)
  }

  #wholePath(digest: Digest): Promise<string | undefined> {
    return this.#wholeOr(digest, async () =>
      (await this.#ports.whole.has(digest)) ? this.#ports.whole.localPath(digest) : undefined,
    )
  }

  /** When no copy is being restored or synced any more. */
  settled(): Promise<void> {
    return this.#restorations.settled()
  }

  /**
   * What `read` gives of the whole file. Undefined where there is none; it may be evicted while it is asked for, and
   * what is open then stays readable.
   */
  async #wholeOr<Result>(digest: Digest, read: () => Promise<Result>): Promise<Result | undefined> {
    const { whole, index, clock } = this.#ports
    if (!(await whole.has(digest))) return undefined
    const now = clock.now()
    // Noted before it is read: from then on an eviction leaves it alone.
    if (this.#uses.note(digest, now)) await index.used(digest, now)
    try {
      return await read()
    } catch (failure) {
      if (failure instanceof RegistryError && failure.code === 'BLOB_NOT_FOUND') return undefined
      throw failure
    }
  }

  /** A collection may write its pack again between the look at its row and that at its pack. */
  async #fromPack<Result>(digest: Digest, use: (object: StoredObject) => Promise<Result>): Promise<Result> {
    const object = await this.#mustBePacked(digest)
    try {
      return await use(object)
    } catch (failure) {
      if (!(failure instanceof RegistryError) || failure.code !== 'PACK_NOT_FOUND') throw failure
      const now = await this.#mustBePacked(digest)
      if (now.pack === object.pack) throw failure
      return use(now)
    }
  }

  async #packed(digest: Digest): Promise<StoredObject | undefined> {
    const object = isDigest(digest) ? await this.#ports.index.object(digest) : undefined
    return object?.state === 'packed' ? object : undefined
  }

  async #mustBePacked(digest: Digest): Promise<StoredObject> {
    const object = isDigest(digest) ? await this.#ports.index.object(digest) : undefined
    if (object?.state === 'packed') return object
    if (object?.state === 'damaged') throw damaged(object)
    throw new RegistryError('BLOB_NOT_FOUND', {
      message: `There is no blob ${String(digest).slice(0, 100)} in the store`,
      hint: 'Push the commit again; what is missing is uploaded then.',
      details: { digest },
    })
  }
}

function damaged({ digest, problem }: StoredObject): RegistryError {
  return new RegistryError('OBJECT_DAMAGED', {
    message: `The object ${digest} is damaged: ${problem ?? 'its bytes are gone'}`,
    hint: 'Push the file again: the store takes it as new. `ballast registry fsck` says what needs it.',
    details: { digest },
  })
}
