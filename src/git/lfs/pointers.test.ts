import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CommitId, digestOf } from '../../core/index.ts'
import { createRepository } from '../repository/create.ts'
import { formatPointer } from './pointer.ts'
import { pointerFiles } from './pointers.ts'

const ENVIRONMENT = { PATH: process.env['PATH'], GIT_CONFIG_NOSYSTEM: '1', HOME: '/nonexistent', LC_ALL: 'C' }
let folder: string
let bare: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-pointers-'))
  bare = join(folder, 'a b', 'digits.git')
  await createRepository(bare, 'main')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const pointer = (text: string) => ({ digest: digestOf(text), size: text.length })
const pointerTo = (text: string) => formatPointer(pointer(text))

let number = 0
/** A commit of these files alone, in the bare repository; without git-lfs, which would change them. */
async function commit(files: Readonly<Record<string, string>>, executable: string[] = []): Promise<CommitId> {
  const work = join(folder, String(number++))
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', work, '-c', 'user.name=Ada', '-c', 'user.email=a@b', ...args], {
      encoding: 'utf8',
      env: ENVIRONMENT,
    }).trim()
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(work, path)), { recursive: true })
    await writeFile(join(work, path), content, { mode: executable.includes(path) ? 0o755 : 0o644 })
  }
  execFileSync('git', ['init', '-q', '-b', 'main', work], { env: ENVIRONMENT })
  git('add', '.')
  git('commit', '-q', '-m', 'files')
  git('push', '-q', bare, `HEAD:refs/heads/branch-${number}`)
  return git('rev-parse', 'HEAD') as CommitId
}

test('pointers are found where the attributes say so, in folders and under odd names', async () => {
  const id = await commit(
    {
      '.gitattributes': '*.onnx filter=lfs diff=lfs merge=lfs -text\n',
      'data/.gitattributes': '* filter=lfs\nREADME !filter\n',
      'model.onnx': pointerTo('model'),
      'data/test.npz': pointerTo('data'),
      'data/README': pointerTo('a text about pointers'),
      'data/line\nend.bin': pointerTo('odd'),
      'deep/run.onnx': pointerTo('program'),
      'docs/pointer.txt': pointerTo('an example'),
    },
    ['deep/run.onnx'],
  )
  const found = await pointerFiles(bare, id)
  expect(found).toEqual([
    { path: 'data/line\nend.bin', executable: false, ...pointer('odd') },
    { path: 'data/test.npz', executable: false, ...pointer('data') },
    { path: 'deep/run.onnx', executable: true, ...pointer('program') },
    { path: 'model.onnx', executable: false, ...pointer('model') },
  ])
})

test('a file that was committed whole under the filter is itself', async () => {
  const id = await commit({ '.gitattributes': '*.onnx filter=lfs\n', 'model.onnx': 'small model' })
  expect(await pointerFiles(bare, id)).toEqual([])
})

test('without attributes nothing is a pointer', async () => {
  expect(await pointerFiles(bare, await commit({ 'model.onnx': pointerTo('model') }))).toEqual([])
})

test('an unknown commit is refused', async () => {
  await expect(pointerFiles(bare, 'f'.repeat(40) as CommitId)).rejects.toMatchObject({
    code: 'COMMIT_UNKNOWN',
  })
})
