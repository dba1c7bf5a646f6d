import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { diskFull, replaceFile } from './files.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'files-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('replaceFile', () => {
  test('makes a file that only its owner reads, and leaves nothing beside it', async () => {
    await replaceFile(join(folder, 'f'), 'new')
    expect(await readFile(join(folder, 'f'), 'utf8')).toBe('new')
    expect((await stat(join(folder, 'f'))).mode & 0o777).toBe(0o600)
    expect(await readdir(folder)).toEqual(['f'])
  })

  test('whoever has the old file open keeps the old content', async () => {
    await writeFile(join(folder, 'f'), 'old')
    const { open } = await import('node:fs/promises')
    const handle = await open(join(folder, 'f'))
    await replaceFile(join(folder, 'f'), 'new content')
    expect(await handle.readFile('utf8')).toBe('old')
    await handle.close()
  })

  test('replaces a link, not what it leads to', async () => {
    await writeFile(join(folder, 'target'), 'kept')
    await symlink('target', join(folder, 'link'))
    await replaceFile(join(folder, 'link'), 'new')
    expect(await readFile(join(folder, 'target'), 'utf8')).toBe('kept')
    expect(await readFile(join(folder, 'link'), 'utf8')).toBe('new')
  })

  test('where it can not, the old file stays and nothing lies beside it', async () => {
    await writeFile(join(folder, 'f'), 'old')
    const { mkdir } = await import('node:fs/promises')
    await mkdir(join(folder, 'd'))
    await writeFile(join(folder, 'd', 'x'), '')
    await expect(replaceFile(join(folder, 'd'), 'new')).rejects.toThrow()
    expect((await readdir(folder)).sort()).toEqual(['d', 'f'])
  })

  test('many at once leave one whole content', async () => {
    const contents = Array.from({ length: 20 }, (_, i) => String(i).repeat(10_000))
    await Promise.all(contents.map(content => replaceFile(join(folder, 'f'), content)))
    expect(contents).toContain(await readFile(join(folder, 'f'), 'utf8'))
    expect(await readdir(folder)).toEqual(['f'])
  })

  test('takes the mode that is asked for', async () => {
    await chmod(folder, 0o755)
    await replaceFile(join(folder, 'f'), new Uint8Array([1, 2]), 0o640)
    expect((await stat(join(folder, 'f'))).mode & 0o777 & ~process.umask()).toBe(0o640 & ~process.umask())
  })
})

test.each([
  ['ENOSPC', 'DISK_FULL'],
  ['EDQUOT', 'DISK_FULL'],
  ['EACCES', undefined],
])('a full disk is told apart: %s is %s', (code, expected) => {
  expect(diskFull(Object.assign(new Error('x'), { code }), '/f')?.code).toBe(expected)
})
