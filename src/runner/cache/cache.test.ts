import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { CacheManifest, OfferedCache } from '../../api/index.ts'
import { digestOf } from '../../core/index.ts'
import { ContentStore } from '../store/content-store.ts'
import { readManifest } from './manifest.ts'
import type { CachePlace } from './place.ts'
import { restoreCaches } from './restore.ts'
import { saveCaches } from './save.ts'
import { CacheShelf } from './shelf.ts'

let folder: string
let store: ContentStore
let said: string[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-cache-'))
  store = await ContentStore.open(join(folder, 'store'))
  said = []
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function aCache(changes: Partial<OfferedCache> = {}): OfferedCache {
  return {
    key: 'main',
    fallbackKeys: [],
    paths: ['deps/'],
    untracked: false,
    policy: 'pull-push',
    when: 'on_success',
    ...changes,
  }
}

async function aPlace(name: string, files: Readonly<Record<string, string>> = {}): Promise<CachePlace> {
  const workspace = join(folder, name)
  await mkdir(workspace, { recursive: true })
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(workspace, path)), { recursive: true })
    await writeFile(join(workspace, path), content)
  }
  return {
    store,
    shelf: new CacheShelf(store.root),
    project: 'shop',
    workspace,
    say: async line => void said.push(line),
  }
}

/** Everything below a folder: kind, mode, content, target, and of files the time. */
async function treeOf(root: string, path = ''): Promise<Record<string, string>> {
  const tree: Record<string, string> = {}
  for (const name of await readdir(join(root, path))) {
    const inner = path === '' ? name : `${path}/${name}`
    const full = join(root, inner)
    const found = await lstat(full)
    const mode = (found.mode & 0o777).toString(8)
    if (found.isSymbolicLink()) tree[inner] = `-> ${await readlink(full)}`
    else if (found.isDirectory())
      Object.assign(tree, { [inner]: `folder ${mode}` }, await treeOf(root, inner))
    else tree[inner] = `${mode} ${Math.trunc(found.mtimeMs)} ${(await readFile(full)).toString('base64')}`
  }
  return tree
}

const succeeded = { outcome: 'succeeded' } as const

describe('a cache', () => {
  test('comes back as it was saved: contents, modes, times, links, empty folders', async () => {
    const name = fc.constantFrom('a', 'b', 'c.js', '.d', 'é', ' ', '__proto__')
    const node = fc.oneof(
      fc.record({
        kind: fc.constant('file' as const),
        content: fc.string(),
        mode: fc.constantFrom(0o644, 0o755, 0o600, 0o444),
      }),
      fc.record({ kind: fc.constant('link' as const), target: fc.constantFrom('a', '../deps/b', './c.js') }),
      fc.record({ kind: fc.constant('folder' as const), mode: fc.constantFrom(0o755, 0o700, 0o555) }),
    )
    const trees = fc.array(fc.tuple(fc.array(name, { minLength: 1, maxLength: 3 }), node), { maxLength: 12 })
    let round = 0
    await fc.assert(
      fc.asyncProperty(trees, async nodes => {
        const from = await aPlace(`from-${++round}`, { 'deps/always': 'there' })
        const modes: [string, number][] = []
        for (const [names, one] of nodes) {
          const path = join(from.workspace, 'deps', ...names)
          try {
            await mkdir(dirname(path), { recursive: true })
            if (one.kind === 'link') await symlink(one.target, path)
            else if (one.kind === 'folder') await mkdir(path)
            else {
              await writeFile(path, one.content, { flag: 'wx' })
              await utimes(path, 1_600_000_000, 1_600_000_000.123)
            }
            if (one.kind !== 'link') modes.push([path, one.mode])
          } catch {
            // Two of the tree want the same place: the first has it.
          }
        }
        for (const [path, mode] of modes) await chmod(path, mode)
        await saveCaches([aCache()], from, succeeded)
        const to = await aPlace(`to-${round}`)
        await restoreCaches([aCache()], to)
        expect(await treeOf(to.workspace)).toEqual(await treeOf(from.workspace))
        for (const [path] of modes) await chmod(path, 0o755)
        for (const [path] of modes) await chmod(path.replace('/from-', '/to-'), 0o755)
      }),
      { numRuns: 60 },
    )
  })

  test('tells what it did', async () => {
    const place = await aPlace('a', { 'deps/x': 'xx', 'deps/y/z': 'z' })
    await restoreCaches([aCache()], place)
    await saveCaches([aCache()], place, succeeded)
    await restoreCaches([aCache()], await aPlace('b'))
    expect(said).toEqual([
      "No cache for 'main'",
      "Saved cache 'main' (2 files, 3 B)",
      "Restored cache 'main' (2 files, 3 B)",
    ])
  })

  test.each([
    { policy: 'pull', when: 'always', outcome: 'succeeded', saves: false },
    { policy: 'push', when: 'on_success', outcome: 'succeeded', saves: true },
    { policy: 'pull-push', when: 'on_success', outcome: 'failed', saves: false },
    { policy: 'pull-push', when: 'on_failure', outcome: 'failed', saves: true },
    { policy: 'pull-push', when: 'on_failure', outcome: 'succeeded', saves: false },
    { policy: 'pull-push', when: 'always', outcome: 'failed', saves: true },
  ] as const)(
    'with policy $policy and when $when, of a job that $outcome: $saves',
    async ({ policy, when, outcome, saves }) => {
      const place = await aPlace('a', { 'deps/x': 'x' })
      await saveCaches([aCache({ policy, when })], place, { outcome })
      expect((await place.shelf.find('shop', 'main')) !== undefined).toBe(saves)
    },
  )

  test('that is only pushed is not laid out', async () => {
    await saveCaches([aCache()], await aPlace('a', { 'deps/x': 'x' }), succeeded)
    const place = await aPlace('b')
    await restoreCaches([aCache({ policy: 'push' })], place)
    expect(await readdir(place.workspace)).toEqual([])
  })

  test('falls back to the first other key that has one', async () => {
    await saveCaches([aCache({ key: 'older' })], await aPlace('a', { 'deps/x': 'older' }), succeeded)
    await saveCaches([aCache({ key: 'oldest' })], await aPlace('b', { 'deps/x': 'oldest' }), succeeded)
    const place = await aPlace('c')
    said = []
    await restoreCaches([aCache({ key: 'new', fallbackKeys: ['none', 'older', 'oldest'] })], place)
    expect(await readFile(join(place.workspace, 'deps/x'), 'utf8')).toBe('older')
    expect(said).toEqual([
      "No cache for 'new'",
      "No cache for 'none'",
      "Restored cache 'older' (1 file, 5 B)",
    ])
  })

  test('of another project is another one', async () => {
    await saveCaches([aCache()], await aPlace('a', { 'deps/x': 'x' }), succeeded)
    const place = { ...(await aPlace('b')), project: 'other' }
    await restoreCaches([aCache()], place)
    expect(await readdir(place.workspace)).toEqual([])
  })

  test('saved twice at the same time is one of the two, whole', async () => {
    const places = await Promise.all(
      ['1', '2'].map(n =>
        aPlace(n, Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`deps/${i}`, n]))),
      ),
    )
    await Promise.all(places.map(place => saveCaches([aCache()], place, succeeded)))
    const place = await aPlace('out')
    await restoreCaches([aCache()], place)
    const contents = await Promise.all(
      (await readdir(join(place.workspace, 'deps'))).map(name =>
        readFile(join(place.workspace, 'deps', name), 'utf8'),
      ),
    )
    expect(contents).toHaveLength(40)
    expect(new Set(contents).size).toBe(1)
  })

  test('of untracked files holds what the commit does not', async () => {
    const place = await aPlace('a', { 'src/a': 'a', 'src/a.o': 'o', 'deps/x': 'x' })
    const tracked = new Set(['src/a'])
    await saveCaches([aCache({ paths: [], untracked: true })], place, { ...succeeded, tracked })
    const found = await place.shelf.find('shop', 'main')
    expect(found?.entries.map(({ path }) => path)).toEqual(['deps/x', 'src/a.o'])
  })

  test('leaves out what leads out, and says so', async () => {
    const place = await aPlace('a', { 'deps/x': 'x' })
    await symlink('/etc/passwd', join(place.workspace, 'deps/passwd'))
    await symlink('../../other', join(place.workspace, 'deps/other'))
    await saveCaches([aCache({ paths: ['deps', '../up', '/etc', 'none'] })], place, succeeded)
    expect(said).toEqual([
      "Cache 'main': '../up' leads out of the workspace, or is no pattern: not kept",
      "Cache 'main': '/etc' leads out of the workspace, or is no pattern: not kept",
      "Cache 'main': 'none' matches nothing",
      "Cache 'main': 2 links lead out, and are not kept",
      "Saved cache 'main' (1 file, 1 B)",
    ])
  })

  test('with nothing in it leaves the earlier one', async () => {
    await saveCaches([aCache()], await aPlace('a', { 'deps/x': 'x' }), succeeded)
    await saveCaches([aCache()], await aPlace('b'), succeeded)
    expect(said.at(-1)).toBe("Cache 'main' was not saved: there is nothing to keep")
    expect(await (await aPlace('c')).shelf.find('shop', 'main')).toBeDefined()
  })
})

describe('laying out', () => {
  test('replaces files, and touches nothing through links', async () => {
    await saveCaches(
      [aCache({ paths: ['deps', 'lib'] })],
      await aPlace('a', { 'deps/x': 'cached', 'lib/y': 'cached' }),
      succeeded,
    )
    const place = await aPlace('b', { 'deps/x': 'committed', 'real/y': 'committed' })
    await symlink('real', join(place.workspace, 'lib'))
    said = []
    await restoreCaches([aCache()], place)
    expect(await readFile(join(place.workspace, 'deps/x'), 'utf8')).toBe('cached')
    expect(await readFile(join(place.workspace, 'real/y'), 'utf8')).toBe('committed')
    expect(said).toEqual(["Restored cache 'main' (1 file, 6 B); 2 entries had no place"])
  })

  test.each(['damaged', 'missing'] as const)('a %s content leaves the workspace as it was', async how => {
    const files = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`deps/new/${i}`, `content ${i}`]))
    await saveCaches([aCache()], await aPlace('a', { ...files, 'deps/x': 'cached' }), succeeded)
    const path = store.pathOf(digestOf('content 17'))
    await rm(path)
    if (how === 'damaged') await writeFile(path, 'c0ntent 17')
    const place = await aPlace('b', { 'deps/x': 'committed' })
    const before = await treeOf(place.workspace)
    said = []
    await restoreCaches([aCache({ fallbackKeys: ['other'] })], place)
    expect(await treeOf(place.workspace)).toEqual(before)
    expect(said).toEqual([
      how === 'damaged'
        ? "Cache 'main' is damaged on this runner's disk; going on as without it"
        : "Cache 'main' is no longer whole on this runner; going on as without it",
      "No cache for 'other'",
    ])
  })
})

describe('a manifest', () => {
  const digest = digestOf('x')
  const file = (path: string) => ({ kind: 'file', path, digest, size: 1, mode: 0o644, mtimeMs: 0 })
  const link = (path: string, target: string) => ({ kind: 'link', path, target })
  test.each([
    ['a path that climbs', [file('../x')]],
    ['an absolute path', [file('/x')]],
    ['a path that is not plain', [file('a/./x')]],
    ['a path twice', [file('x'), file('x')]],
    ['a file below a file', [file('a'), file('a/b')]],
    ['a file below a link', [file('l/x'), link('l', 'a')]],
    ['a folder that is a link too', [{ kind: 'folder', path: 'l', mode: 0o755 }, link('l', 'a')]],
    ['a link that climbs out', [link('l', '../x')]],
    ['a link to elsewhere', [link('l', '/etc')]],
    ['a mode that sets the user', [{ ...file('x'), mode: 0o4755 }]],
    ['a digest that is a path', [{ ...file('x'), digest: 'sha256:../../x' }]],
  ])('with %s is none', (_what, entries) => {
    expect(readManifest(Buffer.from(JSON.stringify({ version: 1, entries })))).toBeUndefined()
  })

  test('that is sound is read', () => {
    const manifest = { version: 1, entries: [file('a/b'), link('a/l', '../c')] }
    expect(readManifest(Buffer.from(JSON.stringify(manifest)))).toEqual(manifest as CacheManifest)
  })

  test('of a later version, or cut off, is none', () => {
    expect(readManifest(Buffer.from('{"version":2,"entries":[]}'))).toBeUndefined()
    expect(readManifest(Buffer.from('{"version":1,"entr'))).toBeUndefined()
  })
})
