import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, onTestFailed, test } from 'vitest'
import { STORE_BOUNDARIES } from '../../src/core/boundary.ts'
import { type Digest, silentLogger, systemClock } from '../../src/core/index.ts'
import { StoreKeeper } from '../../src/registry/index.ts'
import { DiskBlobStore, DiskPackStore, openSqlite } from '../../src/storage/index.ts'
import { randomBy } from './world/random.ts'
import { bytesOf, plannedObjects } from './world/store-objects.ts'

const PROCESS = join(import.meta.dirname, 'world/store-process.ts')
/** `BALLAST_SEED=n` tries other moments. */
const SEED = Number(process.env['BALLAST_SEED'] ?? 7)
const UPLOADS = 100
const KILLS = Number(process.env['BALLAST_KILLS'] ?? 12)
const PLANNED = plannedObjects(UPLOADS)

let folder: string
/** Objects of which the store said that it has them. */
let stored: Set<number>
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-kill-store-'))
  stored = new Set()
})
afterEach(() => rm(folder, { recursive: true }))

interface Run {
  readonly child: ChildProcess
  /** Until it has stored so many objects, or has ended. */
  readonly has: (objects: number) => Promise<unknown>
  /** How it ended, and whether it was done. */
  readonly ended: Promise<{
    readonly signal: NodeJS.Signals | null
    readonly done: boolean
    readonly said: string
  }>
}

function start(
  mode: 'at once' | 'in turn',
  packer: 'here' | 'process',
  count: number,
  env: Readonly<Record<string, string>> = {},
): Run {
  const args = [PROCESS, folder, mode, packer, String(count), [...stored].join(',')]
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  let [done, said] = [false, '']
  child.stderr!.on('data', (bytes: Buffer) => {
    said += bytes.toString()
  })
  const here = new Set<number>()
  const steps = new EventEmitter()
  const lines = createInterface({ input: child.stdout! })
  lines.on('line', line => {
    if (line === 'done') done = true
    const number = /^put (\d+)$/.exec(line)?.[1]
    if (number === undefined) return
    stored.add(Number(number))
    here.add(Number(number))
    steps.emit('step')
  })
  let over = false
  const ended = once(child, 'close').then(([, signal]: (NodeJS.Signals | null)[]) => {
    over = true
    steps.emit('step')
    return { signal: signal ?? null, done, said }
  })
  const has = async (objects: number) => {
    while (!over && here.size < objects) await once(steps, 'step')
  }
  return { child, has, ended }
}

async function finish(mode: 'at once' | 'in turn', packer: 'here' | 'process', count: number): Promise<void> {
  const { done, said } = await start(mode, packer, count).ended
  expect(done, said).toBe(true)
}

/** Objects that were being packed at three of the kills so far: the index counts what a kill cuts off. */
async function thriceCutOff(): Promise<readonly Digest[]> {
  const stores = await openSqlite(join(folder, 'ballast.db'))
  const rows = await Promise.all(PLANNED.map(({ digest }) => stores.objects.object(digest)))
  await stores.close()
  return rows.flatMap(row => (row?.state === 'landed' && row.tries >= 3 ? [row.digest] : []))
}

/**
 * Every needed object has its bytes; nothing else is damaged, unknown or left over; what is not needed is gone. All are
 * packed but for those that are held for what kills packers: they are whole, and that is told.
 */
async function expectSound(count: number, suspects: ReadonlySet<Digest> = new Set()): Promise<void> {
  const root = join(folder, 'blobs')
  const whole = await DiskBlobStore.open(root)
  const packs = await DiskPackStore.open(root)
  const stores = await openSqlite(join(folder, 'ballast.db'))
  const nothing = async function* () {}
  const keeper = new StoreKeeper({
    whole,
    packs,
    index: stores.objects,
    clock: systemClock,
    logger: silentLogger,
    warmBudget: 0,
    roots: nothing,
    warm: nothing,
  })
  const report = await keeper.check({ repair: false })
  expect(report.findings).toEqual([])
  let needed = 0
  for (const { number, digest, needed: isNeeded } of plannedObjects(count)) {
    const there = await keeper.store.has(digest)
    expect(there, `object ${number}`).toBe(isNeeded)
    if (!there) continue
    needed++
    const bytes = await buffer(await keeper.store.stream(digest))
    expect(bytes.equals(bytesOf(number)), `object ${number}`).toBe(true)
  }
  const { objects, packed, waiting, failures } = await keeper.stats()
  expect({ objects, waiting: waiting.objects }).toEqual({ objects: needed, waiting: 0 })
  // Unless its pack was there already at the third, and was adopted.
  const rows = await Promise.all([...suspects].map(digest => stores.objects.object(digest)))
  const held = rows.filter(row => row?.state !== 'packed')
  const problem = 'the packer ended 3 times before it was done'
  expect(new Map(failures.map(failure => [failure.digest, failure.problem]))).toEqual(
    new Map(held.map(row => [row?.digest, problem])),
  )
  expect(packed).toBeGreaterThan(needed / 2)
  await whole.sweep(-1000)
  expect(await readdir(join(root, 'tmp'))).toEqual([])
  await keeper.close()
  await stores.close()
}

test.each(STORE_BOUNDARIES)('a store killed at %s goes on where it stood', async boundary => {
  const marker = join(folder, 'killed')
  const { signal, said } = await start('in turn', 'here', 20, {
    BALLAST_KILL_AT: `${boundary}=${marker}`,
  }).ended
  expect(signal, said).toBe('SIGKILL')
  expect(existsSync(marker)).toBe(true)
  await finish('in turn', 'here', 20)
  await expectSound(20)
})

test(`a store killed ${KILLS} times during ${UPLOADS} uploads, packings, evictions and collections loses nothing`, async () => {
  const random = randomBy(SEED)
  const moments: number[] = []
  const suspects = new Set<Digest>()
  onTestFailed(() =>
    console.error(`seed ${SEED}, killed after ${moments.join(', ')} ms, stored ${stored.size}`),
  )
  for (let kill = 0; kill < KILLS; kill++) {
    const run = start('at once', kill % 2 === 0 ? 'process' : 'here', UPLOADS)
    // Some objects further, whatever the machine's speed; then at any moment of what goes on beside.
    await run.has(1 + Math.floor(random() * 5))
    const moment = Math.round(random() * 500)
    moments.push(moment)
    await sleep(moment)
    run.child.kill('SIGKILL')
    const { signal, done, said } = await run.ended
    expect(done || signal === 'SIGKILL', said).toBe(true)
    for (const digest of await thriceCutOff()) suspects.add(digest)
  }
  console.log(`${KILLS} kills, ${stored.size} of ${UPLOADS} objects stored by then`)
  await finish('at once', 'process', UPLOADS)
  expect(stored.size).toBe(UPLOADS)
  for (const { digest, needed } of PLANNED) if (!needed) suspects.delete(digest)
  await expectSound(UPLOADS, suspects)
})
