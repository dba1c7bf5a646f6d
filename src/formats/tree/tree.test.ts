import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FileTree } from '../ports.ts'
import { folderTree } from './folder.ts'
import { inputFromFile, isFolder } from './input.ts'
import { memoryTree } from './memory.ts'

let root: string
const text = async (tree: FileTree, path: string) => {
  const source = await tree.open(path)
  try {
    return Buffer.from(await source.read(0, source.size)).toString()
  } finally {
    await source.close()
  }
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ballast-tree-'))
  await mkdir(join(root, 'model/variables'), { recursive: true })
  await writeFile(join(root, 'secret'), 'outside')
  await writeFile(join(root, 'model/a.bin'), 'inside')
  await writeFile(join(root, 'model/variables/b.bin'), 'deeper')
  await writeFile(join(root, 'model/c.json.gz'), gzipSync('{"a": 1}'))
  await symlink('variables/b.bin', join(root, 'model/link'))
  await symlink('../secret', join(root, 'model/out'))
  await symlink('nowhere', join(root, 'model/dangling'))
  await symlink('.', join(root, 'model/circle'))
})
afterAll(() => rm(root, { recursive: true }))

describe('a folder', () => {
  test('lists its files, without links that lead out, dangle or go in circles', async () => {
    expect(await folderTree(join(root, 'model')).list()).toEqual([
      { path: 'a.bin', size: 6 },
      { path: 'c.json.gz', size: gzipSync('{"a": 1}').length },
      { path: 'link', size: 6 },
      { path: 'variables/b.bin', size: 6 },
    ])
  })

  test('opens files and links that stay inside', async () => {
    const tree = folderTree(join(root, 'model'))
    expect(await text(tree, 'variables/b.bin')).toBe('deeper')
    expect(await text(tree, 'link')).toBe('deeper')
    expect(await text(tree, './a.bin')).toBe('inside')
  })

  test.each([
    ['../secret', 'PATH_ESCAPES'],
    ['variables/../a.bin', 'PATH_ESCAPES'],
    ['/etc/passwd', 'PATH_ESCAPES'],
    ['C:/a', 'PATH_ESCAPES'],
    ['a\\b', 'PATH_ESCAPES'],
    ['a\0', 'PATH_ESCAPES'],
    ['', 'PATH_ESCAPES'],
    ['out', 'PATH_ESCAPES'],
    ['dangling', 'PATH_ESCAPES'],
    ['nothing', 'FILE_UNREADABLE'],
    ['a.bin/b', 'FILE_UNREADABLE'],
    ['variables', 'FILE_UNREADABLE'],
  ])('refuses %j with %s', async (path, code) => {
    await expect(folderTree(join(root, 'model')).open(path)).rejects.toMatchObject({ code })
  })

  test('that is none can not be listed', async () => {
    await expect(folderTree(join(root, 'none')).list()).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  })
})

test('a tree in memory', async () => {
  const tree = memoryTree(
    new Map([
      ['b/c', Buffer.from('x')],
      ['a', Buffer.from('yz')],
    ]),
  )
  expect(await tree.list()).toEqual([
    { path: 'a', size: 2 },
    { path: 'b/c', size: 1 },
  ])
  expect(await text(tree, 'b/c')).toBe('x')
  await expect(tree.open('__proto__')).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  await expect(tree.open('../a')).rejects.toMatchObject({ code: 'PATH_ESCAPES' })
})

describe('the main file of a model', () => {
  test('is unwrapped, and knows its folder', async () => {
    const input = await inputFromFile(join(root, 'model/c.json.gz'))
    expect(input).toMatchObject({
      path: 'c.json.gz',
      wrapper: ['gzip'],
      storedSize: gzipSync('{"a": 1}').length,
    })
    expect(Buffer.from(await input.source.read(0, input.source.size)).toString()).toBe('{"a": 1}')
    expect(await text(input.tree, 'a.bin')).toBe('inside')
    await input.close()
  })

  test('that is missing', async () => {
    await expect(inputFromFile(join(root, 'nothing'))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
    await expect(isFolder(join(root, 'nothing'))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
    expect(await isFolder(root)).toBe(true)
  })
})
