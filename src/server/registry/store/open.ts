import { statfs } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Bytes, Clock, Digest, Logger } from '../../../core/index.ts'
import { childPacker, type Packer, StoreKeeper } from '../../../registry/index.ts'
import { DiskBlobStore, DiskPackStore, type Stores } from '../../../storage/index.ts'
import type { ServerSettings } from '../../control-plane.ts'
import { rootsOf, warmRoots } from './roots.ts'

/** A partial upload this old belongs to nobody any more. */
const ABANDONED_MS = 24 * 3_600_000
/** Whole files beside packs: at most this, and at most a tenth of the disk. */
const WARM_BYTES: Bytes = 20e9
const WARM_PART = 0.1
/** Heap of a packer: recipes of files with hundreds of thousands of pieces. Bytes are outside of it. */
const PACKER_HEAP_MB = 1536

/** The registry's store in the data folder. */
export async function openKeeper(
  settings: ServerSettings,
  { stores, clock, logger }: { readonly stores: Stores; readonly clock: Clock; readonly logger: Logger },
): Promise<StoreKeeper> {
  const root = join(settings.dataDir, 'blobs')
  const whole = await DiskBlobStore.open(root)
  await whole.sweep(ABANDONED_MS)
  const packs = await DiskPackStore.open(root)
  const plane = { settings, stores, clock }
  return new StoreKeeper({
    whole,
    packs,
    index: stores.objects,
    packer: packerOf(settings, root, whole),
    clock,
    logger,
    warmBudget: settings.store?.warmBytes ?? (await defaultWarmBytes(root)),
    roots: () => rootsOf(plane),
    warm: () => warmRoots(plane),
  })
}

function packerOf({ store }: ServerSettings, root: string, whole: DiskBlobStore): Packer | undefined {
  if (store?.command === undefined) return undefined
  const [node = process.execPath, ...script] = store.command
  return childPacker({
    command: [node, `--max-old-space-size=${PACKER_HEAP_MB}`, ...script, 'packer', '--packs', root],
    // Half of the cores at most: the others answer.
    threads: Math.min(4, Math.floor(availableParallelism() / 2)),
    async wholePath(digest: Digest) {
      return (await whole.has(digest)) ? whole.localPath(digest) : undefined
    },
  })
}

async function defaultWarmBytes(root: string): Promise<Bytes> {
  const { blocks, bsize } = await statfs(root)
  return Math.min(WARM_BYTES, Math.floor(blocks * bsize * WARM_PART))
}
