import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isInside, resolveInside } from './paths.ts'

let root: string
let folder: string
beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'paths-')))
  folder = join(root, 'repository')
  await mkdir(join(folder, 'data', 'deep'), { recursive: true })
  await mkdir(join(root, 'repository-beside'))
  await writeFile(join(folder, 'model.onnx'), 'm')
  await writeFile(join(folder, 'data', 'test.npz'), 'd')
  await writeFile(join(folder, '..odd'), 'o')
  await writeFile(join(root, 'secret'), 's')
  await writeFile(join(root, 'repository-beside', 'f'), 's')
  await symlink('model.onnx', join(folder, 'good-link'))
  await symlink('../secret', join(folder, 'bad-link'))
  await symlink(root, join(folder, 'up'))
  await symlink('../nowhere', join(folder, 'dangling'))
  await symlink('../repository-beside', join(folder, 'beside'))
  await symlink('loop', join(folder, 'loop'))
  await symlink(folder, join(root, 'link-to-repository'))
})
afterAll(() => rm(root, { recursive: true }))

describe('resolveInside', () => {
  test.each([
    ['model.onnx', 'model.onnx'],
    ['./data/../model.onnx', 'model.onnx'],
    ['data/deep/../test.npz', 'data/test.npz'],
    ['good-link', 'model.onnx'],
    ['..odd', '..odd'],
    ['.', '.'],
  ])('%s is %s', async (path, real) => {
    expect(await resolveInside(folder, path)).toBe(join(folder, real))
  })
  test('the folder itself may be reached by a link', async () => {
    expect(await resolveInside(join(root, 'link-to-repository'), 'model.onnx')).toBe(
      join(folder, 'model.onnx'),
    )
  })
  test.each([
    '/etc/passwd',
    '..',
    '../secret',
    'data/../../secret',
    'bad-link',
    'up/secret',
    'up/repository-beside/f',
    'beside/f',
    'dangling',
    'model.onnx\0.png',
    '\0',
  ])('%j leads out', async path => {
    await expect(resolveInside(folder, path)).rejects.toMatchObject({ code: 'PATH_ESCAPES' })
  })
  test.each(['nothing', 'data/nothing', 'model.onnx/x', 'loop', 'loop/x', 'x'.repeat(300), 'x'.repeat(5000)])(
    '%j is not there or can not be read',
    async path => {
      await expect(resolveInside(folder, path)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
    },
  )
  test.each(['up/nothing', 'up/nothing/deeper', 'beside/nothing'])(
    '%j does not tell what is there outside',
    async path => {
      await expect(resolveInside(folder, path)).rejects.toMatchObject({ code: 'PATH_ESCAPES' })
    },
  )
})

test.each([
  ['/a/b', '/a/b', true],
  ['/a/b', '/a/b/c', true],
  ['/a/b', '/a/bc', false],
  ['/a/b', '/a', false],
  ['/a/b', '/a/b/../c', false],
  ['/a/b', '/a/b/..c', true],
  ['/', '/x', true],
])('isInside(%s, %s) is %s', (outer, path, inside) => {
  expect(isInside(outer, path)).toBe(inside)
})
