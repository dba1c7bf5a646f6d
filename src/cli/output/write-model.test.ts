import { spawnSync } from 'node:child_process'
import { mkdtemp, open, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { digestOf } from '../../core/index.ts'
import type { OnnxModel } from '../../formats/index.ts'
import { aModel, large, type Part } from './testing.ts'
import { writeModel } from './write-model.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-write-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('a model is there under its name alone, with the digest that is told', async () => {
  const path = join(folder, 'm.onnx')
  const { bytes, files } = await writeModel(aModel(), path)
  expect(await readdir(folder)).toEqual(['m.onnx'])
  const content = await readFile(path)
  expect(files).toEqual([{ path, size: bytes, digest: digestOf(content) }])
  expect(content.length).toBe(bytes)
})

test('where a weight can not be read, what was there stays', async () => {
  await writeFile(join(folder, 'm.onnx'), 'before')
  const broken = {
    name: 'w',
    dtype: 'float32',
    shape: [2],
    data: async function* () {
      yield new Uint8Array(4)
      throw new Error('the disk is gone')
    },
  } as const
  await expect(writeModel(aModel([broken]), join(folder, 'm.onnx'))).rejects.toThrow('the disk is gone')
  expect(await readdir(folder)).toEqual(['m.onnx'])
  expect(await readFile(join(folder, 'm.onnx'), 'utf8')).toBe('before')
})

describe('a process that is killed while it writes', () => {
  const path = () => join(folder, 'm.onnx')
  const source = () => join(folder, 'source')
  const KILLED = new URL('testing-killed.ts', import.meta.url).pathname

  beforeEach(async () => {
    await writeFile(source(), 'what the tensors are made of')
    const { signal } = spawnSync(process.execPath, [KILLED, path(), source()], { stdio: 'inherit' })
    expect(signal).toBe('SIGKILL')
  })

  /** The model, and which parts of it were made. */
  function observed(): { readonly model: OnnxModel; readonly made: Part[] } {
    const made: Part[] = []
    return { model: large(part => void made.push(part)), made }
  }

  async function drafts(): Promise<readonly string[]> {
    return (await readdir(folder)).filter(name => name.endsWith('.part'))
  }

  test('leaves nothing under the name, and the next one goes on where it stood, to the same bytes', async () => {
    expect(await readdir(folder)).not.toContain('m.onnx')
    const { model, made } = observed()
    const { resumed, files } = await writeModel(model, path(), [source()])
    expect(resumed).toBe(48 * 1024 * 1024)
    expect(made).not.toContain('first')
    expect((await readdir(folder)).sort()).toEqual(['m.onnx', 'source'])
    const fresh = await writeModel(large(), join(folder, 'fresh.onnx'))
    expect(files[0]!.digest).toBe(fresh.files[0]!.digest)
    expect(digestOf(await readFile(path()))).toBe(fresh.files[0]!.digest)
  })

  test.each([
    {
      what: 'its draft was damaged',
      damage: async () => {
        const [draft] = await drafts()
        const handle = await open(join(folder, draft!), 'r+')
        await handle.write(Buffer.from('x'), 0, 1, 20 * 1024 * 1024)
        await handle.close()
      },
      there: 16 * 1024 * 1024,
    },
    {
      what: 'its draft was cut off',
      damage: async () => {
        const [draft] = await drafts()
        const handle = await open(join(folder, draft!), 'r+')
        await handle.truncate(33 * 1024 * 1024)
        await handle.close()
      },
      there: 32 * 1024 * 1024,
    },
    {
      what: 'its tensors are made of something else now',
      damage: () => utimes(source(), 1, 1),
      there: 0,
    },
  ])('is gone on with as far as it holds: $what', async ({ damage, there }) => {
    await damage()
    const { model } = observed()
    const { resumed, files } = await writeModel(model, path(), [source()])
    expect(resumed).toBe(there)
    const fresh = await writeModel(large(), join(folder, 'fresh.onnx'))
    expect(files[0]!.digest).toBe(fresh.files[0]!.digest)
    expect(await drafts()).toEqual([])
  })

  test('another model of the same name begins anew, and takes its draft away', async () => {
    const { resumed } = await writeModel(aModel(), path(), [source()])
    expect(resumed).toBe(0)
    expect((await readdir(folder)).sort()).toEqual(['m.onnx', 'source'])
  })
})
