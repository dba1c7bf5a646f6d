import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Digest, digestOf } from '../../core/index.ts'
import { ContentStore } from './content-store.ts'

let folder: string
let root: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-store-'))
  root = join(folder, 'store')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function aFile(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(join(folder, name), content)
  return join(folder, name)
}

async function* bytes(...parts: string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part)
}

async function contentsOf(store: string): Promise<string[]> {
  const folders = await readdir(join(store, 'files'))
  const names = await Promise.all(
    folders.map(async prefix => (await readdir(join(store, 'files', prefix))).map(name => prefix + name)),
  )
  return names.flat().sort()
}

const DAY_MS = 24 * 60 * 60_000
async function lastUsed(store: ContentStore, digest: Digest, agoMs: number): Promise<void> {
  const time = new Date(Date.now() - agoMs)
  await utimes(store.pathOf(digest), time, time)
}

describe('a content', () => {
  test('is kept once, read-only, and comes back with the mode asked for', async () => {
    const store = await ContentStore.open(root)
    const first = await store.take(await aFile('a', 'weights'))
    const second = await store.take(await aFile('b', 'weights'))
    expect(first).toEqual({ digest: digestOf('weights'), size: 7 })
    expect(second).toEqual(first)
    expect(await contentsOf(root)).toHaveLength(1)
    expect((await stat(store.pathOf(first.digest))).mode & 0o777).toBe(0o444)
    expect(await store.give(first, join(folder, 'out'), 0o750)).toBe('given')
    expect(await readFile(join(folder, 'out'), 'utf8')).toBe('weights')
    expect((await stat(join(folder, 'out'))).mode & 0o777).toBe(0o750)
  })

  test('that was handed over shares nothing that can be written with the store', async () => {
    const store = await ContentStore.open(root)
    const content = await store.take(await aFile('a', 'as it was'))
    await store.give(content, join(folder, 'out'), 0o644)
    await writeFile(join(folder, 'out'), 'changed!!')
    expect((await stat(join(folder, 'out'))).nlink).toBe(1)
    expect(await readFile(store.pathOf(content.digest), 'utf8')).toBe('as it was')
  })

  test('is taken from bytes only when they are what they are said to be', async () => {
    const store = await ContentStore.open(root)
    const said = { digest: digestOf('ab'), size: 2 }
    expect(await store.receive(said, bytes('a', 'c'))).toBe(false)
    expect(await store.receive(said, bytes('a'))).toBe(false)
    expect(await store.receive(said, bytes('ab', 'c'))).toBe(false)
    expect(await store.receive({ ...said, size: 1 }, bytes('ab'))).toBe(false)
    expect(await contentsOf(root)).toEqual([])
    expect(await readdir(join(root, 'parts'))).toEqual([])
    expect(await store.receive(said, bytes('a', 'b'))).toBe(true)
    expect(await store.has(said.digest)).toBe(true)
  })

  test('that is missing, or that the disk has changed, is told, and the damaged one is thrown out', async () => {
    const store = await ContentStore.open(root)
    const content = await store.take(await aFile('a', 'content'))
    const path = store.pathOf(content.digest)
    await rm(path)
    await writeFile(path, 'c0ntent')
    expect(await store.give(content, join(folder, 'out'), 0o644)).toBe('damaged')
    expect(await store.give(content, join(folder, 'out'), 0o644)).toBe('missing')
    expect(await readdir(folder)).toEqual(['a', 'store'])
  })

  test('is not taken through a link, nor laid over what is there', async () => {
    const store = await ContentStore.open(root)
    const path = await aFile('a', 'content')
    await symlink(path, join(folder, 'link'))
    await expect(store.take(join(folder, 'link'))).rejects.toMatchObject({ code: 'ELOOP' })
    const content = await store.take(path)
    await expect(store.give(content, path, 0o644)).rejects.toMatchObject({ code: 'EEXIST' })
    expect(await readFile(path, 'utf8')).toBe('content')
  })
})

describe('a full store', () => {
  test('loses what was used longest ago, and nothing that was used just now', async () => {
    const store = await ContentStore.open(root, { maxBytes: 15_000 })
    const kept = []
    for (const [i, name] of ['oldest', 'old', 'newer'].entries()) {
      const content = await store.take(await aFile(name, name.padEnd(30, '.')))
      await lastUsed(store, content.digest, (10 - i) * DAY_MS)
      kept.push(content)
    }
    // Asked for: now it is the newest.
    expect(await store.has(kept[0]!.digest)).toBe(true)
    await store.take(await aFile('more', 'more'.padEnd(30, '.')))
    expect(await Promise.all(kept.map(({ digest }) => store.has(digest)))).toEqual([true, false, true])
  })

  test('loses what nobody used for months, though there is room', async () => {
    const store = await ContentStore.open(root)
    const content = await store.take(await aFile('a', 'old'))
    await lastUsed(store, content.digest, 100 * DAY_MS)
    await (await ContentStore.open(root)).take(await aFile('b', 'new'))
    expect(await store.has(content.digest)).toBe(false)
  })

  test('that another process fills counts too', async () => {
    const mine = await ContentStore.open(root, { maxBytes: 5000 })
    const first = await mine.take(await aFile('a', 'a'.repeat(60)))
    await lastUsed(mine, first.digest, DAY_MS)
    const other = await ContentStore.open(root, { maxBytes: 5000 })
    await other.take(await aFile('b', 'b'.repeat(60)))
    expect(await mine.has(first.digest)).toBe(false)
  })
})

test('a store takes no more than twice its bound while all of it is in use', async () => {
  const store = await ContentStore.open(root, { maxBytes: 8192 })
  for (const i of [0, 1, 2, 3, 4]) await store.take(await aFile(`f${i}`, `${i}`))
  const sixth = await aFile('sixth', '6')
  await expect(store.take(sixth)).rejects.toMatchObject({ code: 'STORE_FULL' })
  await lastUsed(store, digestOf('0'), DAY_MS)
  await lastUsed(store, digestOf('1'), DAY_MS)
  expect(await store.take(sixth)).toMatchObject({ size: 1 })
})

test('copies that nobody finishes go, those under way stay', async () => {
  await mkdir(join(root, 'parts'), { recursive: true })
  await writeFile(join(root, 'parts/crashed.part'), 'x')
  await utimes(join(root, 'parts/crashed.part'), new Date(0), new Date(0))
  await writeFile(join(root, 'parts/under-way.part'), 'x')
  await ContentStore.open(root)
  expect(await readdir(join(root, 'parts'))).toEqual(['under-way.part'])
})

test('killed at any moment, beside another that goes on, it holds whole contents only', async () => {
  const child = join(folder, 'child.ts')
  await writeFile(
    child,
    `import { utimesSync, writeFileSync } from 'node:fs'
     import { ContentStore } from ${JSON.stringify(join(import.meta.dirname, 'content-store.ts'))}
     const [root, folder, seed] = process.argv.slice(2)
     const store = await ContentStore.open(root, { maxBytes: 4_000_000 })
     for (let i = 0; ; i++) {
       const name = folder + '/' + seed + '-' + (i % 50)
       writeFileSync(name, Buffer.alloc(20_000 + i * 997, seed + i))
       const { digest } = await store.take(name)
       // Long ago, so that room is made by dropping it, while the other may take the same in.
       try { utimesSync(store.pathOf(digest), 1, 1) } catch {}
       console.log(i)
     }`,
  )
  for (let round = 0; round < 6; round++) {
    const children = ['x', 'y'].map(seed =>
      spawn(process.execPath, [child, root, folder, seed + round], { stdio: ['ignore', 'pipe', 'inherit'] }),
    )
    // After so many contents of the first, whatever each of them is doing.
    let left = 3 + round * 4
    for await (const _ of createInterface({ input: children[0]!.stdout! })) if (--left === 0) break
    for (const one of children) {
      const exit = once(one, 'exit')
      expect(one.exitCode).toBeNull()
      one.kill('SIGKILL')
      await exit
    }
    for (const hex of await contentsOf(root)) {
      const content = await readFile(join(root, 'files', hex.slice(0, 2), hex.slice(2)))
      expect(digestOf(content)).toBe(`sha256:${hex}`)
    }
  }
}, 60_000)
