/**
 * How fast a packed file becomes a whole one again, and what that consists of: the file copied, hashed, its pieces
 * decoded in one thread, and restored (decoded in threads, written, hashed) by one thread and by two. All in the page
 * cache; medians of the rounds.
 *
 *   node bench/registry/restore.ts [MB] [rounds] [FILE]        default: 256 5, generated bfloat16
 */
import { copyFile, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOfFile, openFile } from '../../src/core/index.ts'
import { openPieceCodec } from '../../src/registry/codec/codec.ts'
import { openPacked, PieceThreads, restore } from '../../src/registry/pack/index.ts'
import { filePacks, finderOf } from '../../src/registry/pack/single/files.ts'
import { packSingleFile } from '../../src/registry/pack/single/pack-file.ts'
import { bfloat16Of, safetensorsOf, weights } from '../../test/fixtures/pack-world.ts'

const [megabytes = 256, rounds = 5] = process.argv.slice(2, 4).map(Number)
const folder = await mkdtemp(join(tmpdir(), 'ballast-restore-'))

/** Tensors of 8 MB, each the same numbers turned by another distance: nothing of it is stored twice. */
async function generate(path: string): Promise<void> {
  const data = Buffer.from(bfloat16Of(weights(4_000_000, 1)))
  const tensors = Array.from({ length: Math.ceil(megabytes / 8) }, (_, layer) => ({
    name: `layers.${layer}`,
    dtype: 'BF16' as const,
    data: Buffer.concat([data.subarray(layer * 2002), data.subarray(0, layer * 2002)]),
  }))
  await writeFile(path, safetensorsOf(tensors))
}

interface Row {
  readonly what: string
  readonly ms: number
  readonly 'MB/s': number
  /** Of all threads. */
  readonly 'CPU s per GB': number
}

async function time(what: string, size: number, run: () => Promise<unknown>): Promise<Row> {
  await run()
  const took: number[] = []
  const before = process.cpuUsage()
  for (let round = 0; round < rounds; round++) {
    const started = performance.now()
    await run()
    took.push(performance.now() - started)
  }
  const { user, system } = process.cpuUsage(before)
  const ms = took.toSorted((a, b) => a - b)[Math.floor(rounds / 2)]!
  const cpu = (user + system) / 1e6 / rounds / (size / 1e9)
  return {
    what,
    ms: Math.round(ms),
    'MB/s': Math.round(size / 1e3 / ms),
    'CPU s per GB': Number(cpu.toFixed(2)),
  }
}

async function measure(path: string): Promise<readonly Row[]> {
  const [pack, out] = [join(folder, 'pack'), join(folder, 'out')]
  const { places, recipe } = await packSingleFile({ path, to: pack, threads: 0 })
  const { size } = recipe
  console.log(`${Math.round(size / 1e6)} MB, packed ${((await stat(pack)).size / size).toFixed(3)}`)
  const id = places[0]!.pack
  const [find, packs, codec] = [finderOf(places), filePacks(new Map([[id, pack]])), openPieceCodec()]
  const decode = async () => {
    const source = openPacked({ recipe, find, packs, codec })
    for await (const _ of source.stream());
    await source.close()
  }
  const rows = [
    await time('copy of the plain file', size, () => copyFile(path, out)),
    await time('SHA-256 of it', size, () => digestOfFile(path)),
    await time('decoded and checked here', size, decode),
  ]
  for (const count of [1, 2]) {
    const threads = new PieceThreads(count)
    const run = () => restore({ recipe, find, packs, codec, threads, path: out })
    rows.push(await time(`restored, decoding in ${count}`, size, run))
    await threads.close()
  }
  return rows
}

try {
  const given = process.argv[4]
  const path = given ?? join(folder, 'file')
  if (given === undefined) await generate(path)
  await (await openFile(path)).close()
  console.table(await measure(path))
} finally {
  await rm(folder, { recursive: true })
}
