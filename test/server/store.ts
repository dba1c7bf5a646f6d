import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import {
  type Digest,
  digestOf,
  type Instant,
  instant,
  newId,
  type ProjectId,
  silentLogger,
} from '../../src/core/index.ts'
import {
  type KeeperPorts,
  type ObjectStore,
  type Packer,
  packFile,
  type Root,
  StoreKeeper,
} from '../../src/registry/index.ts'
import { DiskBlobStore, DiskPackStore, openSqlite, type Stores } from '../../src/storage/index.ts'

/** A store in a folder of its own, with a packer in this process, and a clock that the test sets. */
export interface StoreWorld {
  readonly root: string
  readonly whole: DiskBlobStore
  readonly packs: DiskPackStore
  readonly stores: Stores
  readonly project: ProjectId
  readonly keeper: StoreKeeper
  readonly store: ObjectStore
  /** What is in use: the test says. */
  readonly roots: Root[]
  pass(milliseconds: number): void
  /** The next keeper over the same folder and database, as after a crash: the one before is forgotten. */
  again(change?: Partial<KeeperPorts>): StoreKeeper
  aProject(): Promise<ProjectId>
  /** Puts, and holds it for the project. */
  put(bytes: Uint8Array, options?: { readonly ancestors?: readonly Digest[] }): Promise<Digest>
  /** Its bytes, as the store streams them. */
  bytes(digest: Digest): Promise<Buffer>
  /** Everything waiting is packed, and no whole file of it is left. */
  packAll(): Promise<void>
  close(): Promise<void>
}

export async function aStore(change: Partial<KeeperPorts> = {}): Promise<StoreWorld> {
  const root = await mkdtemp(join(tmpdir(), 'ballast-store-'))
  const whole = await DiskBlobStore.open(root)
  const packs = await DiskPackStore.open(root)
  const stores = await openSqlite(':memory:')
  const index = stores.objects
  const roots: Root[] = []
  let now: Instant = instant(1_800_000_000_000)
  const ports: KeeperPorts = {
    whole,
    packs,
    index,
    packer: packerHere(whole, packs),
    clock: { now: () => now },
    logger: silentLogger,
    warmBudget: 0,
    async *roots() {
      yield* roots
    },
    async *warm() {
      yield* roots.filter(({ warm }) => warm)
    },
    ...change,
  }
  let keeper = new StoreKeeper(ports)
  const aProject = async () => {
    const id = newId('project')
    await stores.access.addProject({ id, name: `team/${id}`, defaultBranch: 'main', createdAt: now })
    return id
  }
  const project = await aProject()
  const pass = (milliseconds: number) => {
    now = instant(now + milliseconds)
  }
  return {
    root,
    whole,
    packs,
    stores,
    project,
    roots,
    pass,
    aProject,
    get keeper() {
      return keeper
    },
    get store() {
      return keeper.store
    },
    again(more = {}) {
      keeper = new StoreKeeper({ ...ports, ...more })
      return keeper
    },
    async put(bytes, options) {
      const digest = digestOf(bytes)
      await keeper.store.put(digest, Readable.from([bytes]), { project, ...options })
      return digest
    },
    bytes: async digest => buffer(await keeper.store.stream(digest)),
    async packAll() {
      await keeper.packWaiting()
      pass(3_600_000)
      await keeper.evict()
    },
    async close() {
      await keeper.close()
      await stores.close()
      await rm(root, { recursive: true })
    },
  }
}

export function packerHere(whole: DiskBlobStore, packs: DiskPackStore): Packer {
  return {
    async pack(work) {
      await packFile(work, {
        packs,
        places: work.places,
        async ancestors(layout) {
          const found = await work.ancestors(layout)
          return Promise.all(
            found.map(async ({ digest, pack }) => ({
              digest,
              pack: pack!,
              ...((await whole.has(digest)) && { path: whole.localPath(digest)! }),
            })),
          )
        },
      })
    },
  }
}

/** Bytes that look random and are the same each time. */
export function noise(seed: string, length: number): Buffer {
  const parts: Buffer[] = []
  for (let i = 0; i * 32 < length; i++) parts.push(createHash('sha256').update(`${seed} ${i}`).digest())
  return Buffer.concat(parts).subarray(0, length)
}

/** Weights as training leaves them, float32: a normal distribution, the same for the same seed. */
export function weights(seed: string, count: number, scale = 0.02): Float32Array {
  const random = new Uint32Array(Uint8Array.from(noise(seed, count * 8)).buffer)
  return Float32Array.from({ length: count }, (_, i) => {
    const [a, b] = [(random[2 * i]! + 1) / 2 ** 32, random[2 * i + 1]! / 2 ** 32]
    return scale * Math.sqrt(-2 * Math.log(Math.min(1, a))) * Math.cos(2 * Math.PI * b)
  })
}

/** A file of safetensors: by its description, written here by hand. */
export function safetensors(tensors: Readonly<Record<string, Float32Array>>): Buffer {
  let offset = 0
  const header: Record<string, unknown> = {}
  for (const [name, values] of Object.entries(tensors)) {
    header[name] = {
      dtype: 'F32',
      shape: [values.length],
      data_offsets: [offset, offset + values.byteLength],
    }
    offset += values.byteLength
  }
  const json = Buffer.from(JSON.stringify(header).padEnd(Math.ceil(JSON.stringify(header).length / 8) * 8))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  const bodies = Object.values(tensors).map(values =>
    Buffer.from(values.buffer, values.byteOffset, values.byteLength),
  )
  return Buffer.concat([length, json, ...bodies])
}
