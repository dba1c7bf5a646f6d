import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { gunzipSync, gzipSync, zstdDecompressSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { safetensorsOf, weights } from '../../../test/fixtures/pack-world.ts'
import { digestOf } from '../../core/index.ts'

const run = promisify(execFile)
const MAIN = resolve('src/cli/main.ts')
const MODEL = safetensorsOf([
  { name: 'w', dtype: 'F32', data: new Uint8Array(weights(100_000, 1).buffer) },
  { name: 'b', dtype: 'F32', data: new Uint8Array(weights(2000, 2).buffer) },
])

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-pack-'))
  await writeFile(join(folder, 'm.safetensors'), MODEL)
})
afterEach(() => rm(folder, { recursive: true }))

const read = (name: string) => readFile(join(folder, name))

/** What the command prints for machines; of a failure its error. */
async function ballast(...args: readonly string[]) {
  try {
    const { stdout } = await run(process.execPath, [MAIN, ...args, '--json'], { cwd: folder })
    return JSON.parse(stdout)
  } catch (error) {
    return JSON.parse((error as { stderr: string }).stderr)
  }
}

test('packed and unpacked it is the same file, and what was saved is told', async () => {
  const packed = await ballast('pack', 'm.safetensors')
  const { size: packSize } = { size: (await read('m.safetensors.ballast')).byteLength }
  expect(packed).toMatchObject({
    file: 'm.safetensors',
    output: 'm.safetensors.ballast',
    digest: digestOf(MODEL),
    size: MODEL.byteLength,
    packSize,
  })
  expect(packSize).toBeLessThan(0.92 * MODEL.byteLength)
  expect(packed.stats.encodings.planes.stored).toBeLessThan(packSize)
  const unpacked = await ballast('unpack', 'm.safetensors.ballast', '-o', 'again')
  expect(unpacked).toMatchObject({ digest: digestOf(MODEL), size: MODEL.byteLength })
  expect(digestOf(await read('again'))).toBe(digestOf(MODEL))
})

test('one tensor is written as its bytes', async () => {
  await ballast('pack', 'm.safetensors')
  const { tensor, size } = await ballast('unpack', 'm.safetensors.ballast', '--tensor', 'b', '-o', 'b.bin')
  expect({ tensor, size }).toMatchObject({
    tensor: { name: 'b', dtype: 'float32', shape: [2000] },
    size: 8000,
  })
  expect(digestOf(await read('b.bin'))).toBe(digestOf(new Uint8Array(weights(2000, 2).buffer)))
  const { error } = await ballast('unpack', 'm.safetensors.ballast', '--tensor', 'c', '-o', 'c.bin')
  expect(error).toMatchObject({ code: 'ARGUMENT_INVALID', hint: expect.stringContaining('w, b') })
})

describe('gzip and zstd', () => {
  test.each([
    ['gz', gunzipSync],
    ['zst', zstdDecompressSync],
  ] as const)('%s is written as everybody reads it, and read', async (end, decompress) => {
    const packed = await ballast('pack', 'm.safetensors', '-o', `m.${end}`)
    expect(packed).toMatchObject({ digest: digestOf(MODEL), size: MODEL.byteLength })
    expect(digestOf(decompress(await read(`m.${end}`)))).toBe(digestOf(MODEL))
    expect(await ballast('unpack', `m.${end}`)).toMatchObject({ output: 'm', digest: digestOf(MODEL) })
    expect(digestOf(await read('m'))).toBe(digestOf(MODEL))
  })

  test('a file that breaks off leaves nothing', async () => {
    await writeFile(join(folder, 'm.gz'), gzipSync(MODEL).subarray(0, 200_000))
    expect(await ballast('unpack', 'm.gz')).toMatchObject({
      error: { code: expect.stringMatching(/TRUNCATED/) },
    })
    expect((await readdir(folder)).toSorted()).toEqual(['m.gz', 'm.safetensors'])
  })
})

test('nothing is replaced without --force, and nothing is left of what fails', async () => {
  await writeFile(join(folder, 'there'), 'mine')
  const refused = await ballast('pack', 'm.safetensors', '-o', 'there')
  expect(refused).toMatchObject({ error: { code: 'FILE_EXISTS' } })
  expect(String(await read('there'))).toBe('mine')
  expect(await ballast('unpack', 'm.safetensors', '-o', 'x')).toMatchObject({
    error: { code: 'ARGUMENT_INVALID' },
  })
  expect(await ballast('pack', 'm.safetensors', '-o', 'there', '--force')).toMatchObject({ output: 'there' })
  expect((await readdir(folder)).toSorted()).toEqual(['m.safetensors', 'there'])
})
