import { execFileSync } from 'node:child_process'
import { cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { modelViewSchema, type PipelineView, versionViewSchema } from '../../src/api/index.ts'
import { remoteOf } from '../../src/cli/clone/address.ts'
import { clone } from '../../src/cli/clone/clone.ts'
import { trafficImages } from '../../src/cli/demo/images.ts'
import { digestOf } from '../../src/core/index.ts'
import { formatPointer } from '../../src/git/index.ts'
import { pipelineEnd } from './world/delivery.ts'
import { GitFolder, remoteOf as pushUrl } from './world/git-folder.ts'
import { Installation, ROOT } from './world/installation.ts'
import { Load } from './world/load.ts'

const CONFIG = `model:
  name: digits
  file: model.onnx
  task: image-classification
  labels: labels.txt
  preprocess:
    - decode: image
    - grayscale
    - resize: [28, 28]
    - scale: 1/255
jobs:
  sees: { run: [sha256sum model.onnx labels.txt data/test.npz] }
evaluate: { data: data/test.npz, metrics: [accuracy], limit: 200 }
gates: [accuracy >= 0.8]
deploy: { production: { branch: main, strategy: immediate } }
`
const hasClient = (() => {
  try {
    execFileSync('git', ['lfs', 'version'], { stdio: 'ignore' })
    return true
  } catch {
    console.warn('skipped: git-lfs is not installed')
    return false
  }
})()

describe.skipIf(!hasClient)('a model that Git LFS keeps', () => {
  let made: Installation
  let folder: string
  let git: GitFolder
  let pipeline: PipelineView
  const model = readFile(join(ROOT, 'examples', 'digits', 'model.onnx'))

  beforeAll(async () => {
    made = await Installation.start()
    folder = join(made.folder, 'work')
    git = new GitFolder(folder)
    await mkdir(folder)
    for (const name of ['model.onnx', 'labels.txt', 'data'])
      await cp(join(ROOT, 'examples', 'digits', name), join(folder, name), { recursive: true })
    await writeFile(join(folder, 'ballast.yaml'), CONFIG)
    await git.git('init', '--quiet', '--initial-branch=main')
    await git.git('lfs', 'install', '--local')
    await git.git('lfs', 'track', '*.onnx', 'data/**', 'labels.txt')
    await git.git('remote', 'add', 'origin', pushUrl(made, 'digits'))
    pipeline = await push('a model')
  }, 300_000)
  afterAll(() => made.remove())

  async function push(message: string): Promise<PipelineView> {
    await git.git('add', '--all')
    await git.git('commit', '--quiet', '--message', message)
    await git.git('push', 'origin', 'main')
    return pipelineEnd(made, (await git.git('rev-parse', 'HEAD')).said.trim())
  }

  test('is pushed by the real client, and every job and stage sees its bytes', async () => {
    const failed = pipeline.jobs.filter(({ state }) => state !== 'succeeded')
    expect(failed.map(({ name, reason }) => `${name}: ${reason}`)).toEqual([])
    const [attempt] = pipeline.jobs.find(({ name }) => name === 'sees')!.attempts
    const response = await fetch(`${made.url}/api/v1/attempts/${attempt!.id}/log`, {
      headers: { authorization: `Bearer ${made.token}` },
    })
    const log = await response.text()
    for (const name of ['model.onnx', 'labels.txt', 'data/test.npz']) {
      const bytes = await readFile(join(folder, name))
      expect(log).toContain(`${digestOf(bytes).slice(7)}  ${name}`)
    }
    const blob = await git.git('cat-file', 'blob', 'HEAD:model.onnx')
    expect(blob.said).toBe(formatPointer({ digest: digestOf(await model), size: (await model).length }))
  })

  test('is registered under the digest of its bytes, which is the oid', async () => {
    const [version] = await made.api.get('/models/digits/versions', z.array(versionViewSchema))
    expect(version).toMatchObject({ number: 1, size: expect.any(Number) })
    const diskOf = (hex: string) =>
      join(made.state, 'blobs', 'blobs', 'sha256', hex.slice(0, 2), hex.slice(2))
    const hex = digestOf(await model).slice(7)
    expect((await stat(diskOf(hex))).size).toBe((await model).length)
    const { stable } = await made.api.get('/models/digits', modelViewSchema)
    expect(stable?.number).toBe(1)
  })

  test('is served from the very file that the registry keeps', async () => {
    const load = new Load(made, await trafficImages(ROOT))
    expect(await load.one()).toMatchObject({ status: 200 })
    await load.stop()
    const hex = digestOf(await model).slice(7)
    const kept = await stat(join(made.state, 'blobs', 'blobs', 'sha256', hex.slice(0, 2), hex.slice(2)))
    expect((await stat(join(made.state, 'host', 'blobs', hex))).ino).toBe(kept.ino)
  })

  test('is cloned by ballast as it was pushed, and git finds it clean', async () => {
    const target = join(made.folder, 'cloned')
    const remote = remoteOf('digits', { url: made.url, token: made.token })
    const cloned = await clone(remote, target, { shown: false })
    expect(cloned.lfs.files).toBeGreaterThanOrEqual(3)
    for (const name of await readdir(folder)) {
      if (!(await stat(join(folder, name))).isFile()) continue
      expect(await readFile(join(target, name)), name).toEqual(await readFile(join(folder, name)))
    }
    expect((await new GitFolder(target).git('status', '--porcelain')).said).toBe('')
  })

  test('whose bytes never came is not taken, and what serves goes on', async () => {
    const pointer = join(made.folder, 'pointer')
    await writeFile(pointer, formatPointer({ digest: digestOf('never sent'), size: 10 }))
    const { said: id } = await git.git('hash-object', '-w', '--no-filters', pointer)
    await git.git('update-index', '--cacheinfo', `100644,${id.trim()},model.onnx`)
    await git.git('commit', '--quiet', '--message', 'a pointer to nothing')
    const { ok, said } = await git.run('push', '--no-verify', 'origin', 'main')
    expect(ok).toBe(false)
    expect(said).toContain('model.onnx')
    const { stable } = await made.api.get('/models/digits', modelViewSchema)
    expect(stable?.number).toBe(1)
  })
})
