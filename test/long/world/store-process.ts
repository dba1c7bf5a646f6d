/**
 * A store in a process that is killed: `node store-process.ts <folder> <mode> <packer> <count> [<objects put already>]`.
 * It says `put <number>` for every object that is stored, and `done`. Its clock runs a thousand times as fast,
 * so that graces and ages pass.
 *
 *   at once         uploads, packings, evictions and collections beside each other
 *   in turn         one after the other: every boundary is met
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { inParallel, instant, type ProjectId, silentLogger } from '../../../src/core/index.ts'
import { childPacker, type Root, StoreKeeper } from '../../../src/registry/index.ts'
import { DiskBlobStore, DiskPackStore, openSqlite } from '../../../src/storage/index.ts'
import { packerHere } from '../../server/store.ts'
import { bytesOf, type PlannedObject, plannedObjects } from './store-objects.ts'

const [folder = '', mode = '', packer = '', count = '', put = ''] = process.argv.slice(2)
const PROJECT = 'prj_store' as ProjectId
const ENTRY = join(import.meta.dirname, '../../../src/cli/main.ts')

const root = join(folder, 'blobs')
await mkdir(root, { recursive: true })
const whole = await DiskBlobStore.open(root)
const packs = await DiskPackStore.open(root)
const stores = await openSqlite(join(folder, 'ballast.db'))
const clock = { now: () => instant(Date.now() * 1000) }
if (!(await stores.access.project(PROJECT)))
  await stores.access.addProject({
    id: PROJECT,
    name: 'store',
    defaultBranch: 'main',
    createdAt: clock.now(),
  })

const planned = plannedObjects(Number(count))
const already = new Set(put === '' ? [] : put.split(',').map(Number))
const waiting = planned.filter(({ number }) => !already.has(number))
const command = [process.execPath, ENTRY, 'packer', '--packs', root]
const wholePath = async (digest: PlannedObject['digest']) =>
  (await whole.has(digest)) ? whole.localPath(digest) : undefined

async function* roots(): AsyncGenerator<Root> {
  for (const { digest, needed } of planned) if (needed) yield { digest, project: PROJECT, why: 'needed' }
}
const keeper = new StoreKeeper({
  whole,
  packs,
  index: stores.objects,
  packer: packer === 'process' ? childPacker({ command, threads: 0, wholePath }) : packerHere(whole, packs),
  clock,
  logger: silentLogger,
  warmBudget: 0,
  roots,
  async *warm() {},
})
const say = (line: string) => process.stdout.write(`${line}\n`)
const store = async ({ number, digest }: PlannedObject) => {
  await keeper.store.put(digest, Readable.from([bytesOf(number)]), { project: PROJECT })
  say(`put ${number}`)
}
/** Until every age that the store goes by has passed. */
const pass = () => new Promise(resolve => setTimeout(resolve, 1500))

await keeper.adopt()
if (mode === 'at once') {
  let uploading = true
  const upkeep = async (work: () => Promise<unknown>) => {
    while (uploading) {
      await work()
      await new Promise(resolve => setImmediate(resolve))
    }
  }
  await Promise.all([
    inParallel(waiting, 4, store).finally(() => {
      uploading = false
    }),
    upkeep(() => keeper.packWaiting()),
    upkeep(() => keeper.evict()),
    upkeep(() => keeper.collect({ grace: 60_000 })),
  ])
} else for (const object of waiting) await store(object)
await keeper.packWaiting()
await pass()
await keeper.evict()
await keeper.collect({ grace: 60_000 })
await keeper.close()
await stores.close()
say('done')
