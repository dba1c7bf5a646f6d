import { lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { digestOf } from '../../core/index.ts'
import type { Download } from '../control/http.ts'
import { fetchFile } from './blobs.ts'

let root: string
let workspace: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ballast-blobs-'))
  workspace = join(root, 'workspace')
  await mkdir(workspace)
})
afterEach(() => rm(root, { recursive: true, force: true }))

const CONTENT = 'the weights'
const serve = (content: string) => async (): Promise<Download> => Readable.from([Buffer.from(content)])
const aFile = (path: string) => ({ path, digest: digestOf(CONTENT), size: CONTENT.length, executable: false })

test('a folder that was kept empty is made', async () => {
  await fetchFile(workspace, { ...aFile('a/none'), size: 0, folder: true }, serve(''))
  expect((await stat(join(workspace, 'a/none'))).isDirectory()).toBe(true)
})

test('a file is laid into folders that are made for it, over what the commit had', async () => {
  await mkdir(join(workspace, 'a'))
  await writeFile(join(workspace, 'a/model.bin'), 'old')
  await fetchFile(workspace, aFile('a/model.bin'), serve(CONTENT))
  await fetchFile(workspace, { ...aFile('b/c/run.sh'), executable: true }, serve(CONTENT))
  expect(await readFile(join(workspace, 'a/model.bin'), 'utf8')).toBe(CONTENT)
  expect((await lstat(join(workspace, 'b/c/run.sh'))).mode & 0o777).toBe(0o755)
})

test.each([['other bytes'], ['the weight'], ['the weights and more'], ['']])(
  '%j instead of it leaves no file',
  async content => {
    await expect(fetchFile(workspace, aFile('model.bin'), serve(content))).rejects.toMatchObject({
      code: 'BLOB_DIGEST_MISMATCH',
    })
    expect(await readdir(workspace)).toEqual([])
  },
)

test.each([['../evil'], ['/etc/evil'], ['a/../../evil'], ['out/evil']])(
  '%s leads nowhere outside',
  async path => {
    await symlink(root, join(workspace, 'out'))
    await expect(fetchFile(workspace, aFile(path), serve(CONTENT))).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    })
    expect(await readdir(root)).toEqual(['workspace'])
  },
)

test('a link in its place is replaced, not followed', async () => {
  await writeFile(join(root, 'precious'), 'precious')
  await symlink('../precious', join(workspace, 'model.bin'))
  await fetchFile(workspace, aFile('model.bin'), serve(CONTENT))
  expect(await readFile(join(root, 'precious'), 'utf8')).toBe('precious')
  expect((await lstat(join(workspace, 'model.bin'))).isFile()).toBe(true)
})
