import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Found, findModels } from './find.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'find-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function files(...paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), '')
  }
}

/** With paths below the folder. */
async function found(target = '.'): Promise<readonly Partial<Found>[]> {
  const below = (path: string) => path.slice(folder.length + 1)
  return (await findModels(join(folder, target))).map(({ path, labels, repository, ...rest }) => ({
    ...rest,
    path: below(path),
    ...(labels !== undefined && { labels: below(labels) }),
    ...(repository !== undefined && { repository: below(repository) }),
  }))
}

test('a file is one model, with the labels beside it', async () => {
  await files('a/net.v2.pkl.gz', 'b/net.onnx', 'b/labels.txt')
  expect(await found('a/net.v2.pkl.gz')).toEqual([
    { name: 'net', version: undefined, path: 'a/net.v2.pkl.gz' },
  ])
  expect(await found('b/net.onnx')).toMatchObject([{ name: 'net', labels: 'b/labels.txt' }])
})

test('a folder has models, repositories, SavedModels and numbered versions; hidden ones and other files are left', async () => {
  await files(
    'm/plain.onnx',
    'm/plain.onnx.data',
    'm/readme.md',
    'm/.hidden.onnx',
    'm/saved/saved_model.pb',
    'm/repo/ballast.yaml',
    'm/repo/x.onnx',
    'm/triton/config.pbtxt',
    'm/triton/10/model.onnx',
    'm/triton/2/model.onnx',
    'm/triton/2/model.data',
    'm/triton/3/saved_model.pb',
    'm/triton/4/model.savedmodel/saved_model.pb',
    'm/triton/05/model.onnx',
    'm/triton/x/model.onnx',
    'm/empty/1/readme.md',
  )
  expect(await found('m')).toEqual([
    { name: 'plain', version: undefined, path: 'm/plain.onnx' },
    { name: 'repo', version: undefined, path: 'm/repo', repository: 'm/repo' },
    { name: 'saved', version: undefined, path: 'm/saved' },
    { name: 'triton', version: 2, path: 'm/triton/2/model.onnx' },
    { name: 'triton', version: 3, path: 'm/triton/3' },
    { name: 'triton', version: 4, path: 'm/triton/4/model.savedmodel' },
    { name: 'triton', version: 10, path: 'm/triton/10/model.onnx' },
  ])
  expect((await found('m/triton')).map(({ name, version }) => [name, version])).toEqual([
    ['triton', 2],
    ['triton', 3],
    ['triton', 4],
    ['triton', 10],
  ])
})

test.each([
  ['my model (2).onnx', 'my-model-2'],
  ['-.onnx', 'model'],
  ['größe.onnx', 'gr-e'],
])('%s is called %s', async (file, name) => {
  await files(file)
  expect(await found(file)).toMatchObject([{ name }])
})

test('what is no model is told', async () => {
  await files('none/readme.md')
  await expect(findModels(join(folder, 'none'))).rejects.toMatchObject({ code: 'MODEL_MISSING' })
  await expect(findModels(join(folder, 'gone'))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  await files(...Array.from({ length: 201 }, (_, i) => `many/m${i}.onnx`))
  await expect(findModels(join(folder, 'many'))).rejects.toMatchObject({ code: 'MODEL_MISSING' })
})
