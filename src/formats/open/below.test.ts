import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FileTree } from '../ports.ts'
import { folderTree } from '../tree/folder.ts'
import { memoryTree } from '../tree/memory.ts'
import { below, only } from './below.ts'

async function text(tree: FileTree, path: string): Promise<string> {
  const source = await tree.open(path)
  try {
    return Buffer.from(await source.read(0, source.size)).toString()
  } finally {
    await source.close()
  }
}
const files = memoryTree(
  new Map(['top', 'a/one', 'a/b/two', 'ab/three'].map(path => [path, Buffer.from(path)])),
  'all',
)
const listed = async (tree: FileTree) => (await tree.list())?.map(({ path }) => path)

describe('a folder of a tree', () => {
  test('has its own files, by their paths in it, and its name', async () => {
    const tree = below(files, 'a')
    expect(tree.name).toBe('all/a')
    expect(await listed(tree)).toEqual(['b/two', 'one'])
    expect(await text(tree, 'one')).toBe('a/one')
    expect(await text(below(tree, 'b'), 'two')).toBe('a/b/two')
    expect(await listed(below(files, 'a/'))).toEqual(['b/two', 'one'])
  })

  test.each(['.', '', './', 'a/..'])('%j is the tree itself', async folder => {
    expect(await listed(below(files, folder))).toEqual(await listed(files))
  })

  test.each(['../top', 'b/../../top', '/top', '..', 'b\\..\\..\\top', 'x/../..'])(
    'does not lead to %j',
    async path => {
      await expect(below(files, 'a').open(path)).rejects.toMatchObject({ code: 'PATH_ESCAPES' })
    },
  )

  test('has no file that lies beside it', async () => {
    await expect(below(files, 'a').open('top')).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  })

  test('that can’t be listed stays so', async () => {
    expect(await below({ ...files, list: async () => undefined }, 'a').list()).toBeUndefined()
  })
})

describe('some files of a tree', () => {
  const some = only(files, new Set(['a/one', 'gone']))
  test('are listed alone', async () => {
    expect(await listed(some)).toEqual(['a/one'])
    expect(some.name).toBe('all')
  })
  test('and what they refer to opens, but nothing outside', async () => {
    expect(await text(some, 'a/one')).toBe('a/one')
    expect(await text(some, 'top')).toBe('top')
    await expect(some.open('../top')).rejects.toMatchObject({ code: 'PATH_ESCAPES' })
  })
})

describe('on disk', () => {
  let root: string
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'ballast-below-'))
    await mkdir(join(root, 'workspace/model'), { recursive: true })
    await writeFile(join(root, 'secret'), 'secret')
    await writeFile(join(root, 'workspace/shared.bin'), 'shared')
    await symlink('../shared.bin', join(root, 'workspace/model/within'))
    await symlink('../../secret', join(root, 'workspace/model/out'))
  })
  afterAll(() => rm(root, { recursive: true }))

  test('a link may lead anywhere in the whole tree, and not out of it', async () => {
    const tree = below(folderTree(join(root, 'workspace')), 'model')
    expect(await listed(tree)).toEqual(['within'])
    expect(await text(tree, 'within')).toBe('shared')
    await expect(tree.open('out')).rejects.toMatchObject({ code: 'PATH_ESCAPES' })
    await expect(tree.open('../../secret')).rejects.toMatchObject({ code: 'PATH_ESCAPES' })
  })
})
