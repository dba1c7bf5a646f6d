/**
 * Statistics of weights (count, mean, deviation, extremes, zeros, NaNs, infinities, histogram): plain TypeScript, WASM
 * SIMD and numpy over the same numbers in one run, and end to end from a GGUF file in the page cache. GB/s are of the
 * bytes as stored; each line is the median of several rounds, with the best in brackets.
 *
 *   node bench/weight-statistics.ts [MB] [rounds]
 *
 * BALLAST_PYTHON names a Python that has numpy (default python3); without numpy its line says so.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFile } from '../src/core/index.ts'
import { openGguf, writeGguf } from '../src/formats/gguf/index.ts'
import type { OpenModel } from '../src/formats/ports.ts'
import { statisticsOf } from '../src/formats/statistics/index.ts'
import { folderTree } from '../src/formats/tree/folder.ts'
import { openReferenceStatistics, openStatistics, type StatisticsAccumulator } from '../src/kernels/index.ts'

const megabytes = Number(process.argv[2] ?? 64)
const rounds = Number(process.argv[3] ?? 5)
const PIECE = 1024 * 1024

interface Timing {
  readonly what: string
  readonly bytes: number
  /** Of each round. */
  readonly seconds: readonly number[]
  /** Processor time over all rounds; undefined for other processes. */
  readonly cpu?: number
}

/** Roughly normal weights, from a seeded generator. */
function weights(length: number): Float32Array<ArrayBuffer> {
  let state = 42
  const uniform = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32 - 0.5
  }
  return Float32Array.from({ length }, () => 0.05 * (uniform() + uniform() + uniform() + uniform()))
}

async function time(what: string, bytes: number, run: () => unknown): Promise<Timing> {
  await run()
  const seconds: number[] = []
  const before = process.cpuUsage()
  for (let i = 0; i < rounds; i++) {
    const start = performance.now()
    await run()
    seconds.push((performance.now() - start) / 1000)
  }
  const { user, system } = process.cpuUsage(before)
  return { what, bytes, seconds, cpu: (user + system) / 1e6 }
}

function overPieces(statistics: StatisticsAccumulator, bytes: Uint8Array, times: number): void {
  for (let i = 0; i < times; i++)
    for (let at = 0; at < bytes.length; at += PIECE)
      statistics.addStored(bytes.subarray(at, at + PIECE), 'float32')
  statistics.finish()
}

/** Types of the tensors of one file: elements of as many bytes, blocks of ggml by elements and bytes. */
const DTYPES = {
  float32: [1, 4],
  // The same bytes as other types: any numbers are as good for timing.
  bfloat16: [1, 2],
  float16: [1, 2],
  int8: [1, 1],
  int16: [1, 2],
  int32: [1, 4],
  int64: [1, 8],
  float64: [1, 8],
  q8_0: [32, 34],
  q4_0: [32, 18],
  q4_k: [256, 144],
  q6_k: [256, 210],
} as const
type BenchDtype = keyof typeof DTYPES

/** A file of a tensor a type, each of `times` copies of the same bytes (of ggml's blocks, of whole ones). */
async function writeModel(path: string, bytes: Uint8Array, times: number): Promise<void> {
  const file = await open(path, 'w')
  async function* repeated(part: Uint8Array, count: number): AsyncGenerator<Uint8Array, void> {
    for (let i = 0; i < count; i++) yield part
  }
  // float32 comes last, for numpy to find.
  const tensors = (Object.keys(DTYPES) as BenchDtype[]).toReversed().map(name => {
    const [elements, size] = DTYPES[name]
    const part = bytes.subarray(0, bytes.length - (bytes.length % size))
    const shape = [(part.length / size) * elements * times]
    return { name, dtype: name, shape, data: repeated(part, times) }
  })
  const sink = {
    async write(piece: Uint8Array): Promise<void> {
      await file.write(piece)
    },
  }
  await writeGguf(tensors, sink, new Map())
  await file.close()
}

/** numpy over the file's float32 tensor, reading it again in each round. */
const NUMPY = `
import sys, time
import numpy as np
path, offset, count, rounds = sys.argv[1], *map(int, sys.argv[2:])
for i in range(rounds + 1):
    start = time.perf_counter()
    x = np.fromfile(path, "<f4", count, offset=offset)
    finite = np.isfinite(x)
    if not finite.all():
        x = x[finite]
    result = (x.size, x.mean(dtype="f8"), x.std(dtype="f8"), x.min(), x.max(), x.size - np.count_nonzero(x),
              np.isnan(x).sum(), np.isposinf(x).sum(), np.isneginf(x).sum(), np.histogram(x, 20))
    if i > 0:
        print(time.perf_counter() - start)
`

function timeNumpy(path: string, offset: number, bytes: number): Timing | string {
  const python = process.env['BALLAST_PYTHON'] ?? 'python3'
  try {
    execFileSync(python, ['-c', 'import numpy'], { stdio: 'ignore' })
  } catch {
    return `numpy: skipped, ${python} has none (set BALLAST_PYTHON)`
  }
  const output = execFileSync(
    python,
    ['-c', NUMPY, path, String(offset), String(bytes / 4), String(rounds)],
    { encoding: 'utf8' },
  )
  return { what: 'numpy, from the file', bytes, seconds: output.trim().split('\n').map(Number) }
}

function print({ what, bytes, seconds, cpu }: Timing, baseline: number): void {
  const sorted = seconds.toSorted((a, b) => a - b)
  const speed = (time: number): string => (bytes / 1e9 / time).toFixed(2)
  const median = sorted[Math.floor(sorted.length / 2)]!
  const ratio = (baseline / (median / bytes)).toFixed(1)
  const perCpu = cpu === undefined ? '' : `, ${speed(cpu / seconds.length)} GB per second of processor time`
  console.log(`${what.padEnd(34)} ${speed(median)} GB/s (${speed(sorted[0]!)})  ${ratio}x${perCpu}`)
}

const sample = weights((16 * 1024 * 1024) / 4)
const bytes = new Uint8Array(sample.buffer)
const times = Math.max(1, Math.round((megabytes * 1024 * 1024) / bytes.length))
const total = bytes.length * times
const folder = mkdtempSync(join(tmpdir(), 'ballast-bench-'))
try {
  const path = join(folder, 'weights.gguf')
  await writeModel(path, bytes, times)
  const source = await openFile(path)
  const tree = folderTree(folder)
  const input = { source, path: 'weights.gguf', storedSize: source.size, wrapper: [], tree } as const
  const model: OpenModel = await openGguf(input)
  const fast = openStatistics()
  const reference = openReferenceStatistics()
  const timings = [
    await time('TypeScript, in memory', total, () => overPieces(reference, bytes, times)),
    await time('WASM SIMD, in memory', total, () => overPieces(fast, bytes, times)),
    await time('readTensor alone, float32', total, async () => {
      for await (const piece of model.readTensor('float32')) void piece
    }),
  ]
  for (const name of Object.keys(DTYPES))
    timings.push(await time(`end to end, ${name}`, total, () => statisticsOf(model, name)))
  const baseline = timings[0]!.seconds.toSorted((a, b) => a - b)[Math.floor(rounds / 2)]! / total
  console.log(`${Math.round(total / 2 ** 20)} MiB a tensor, ${rounds} rounds; ratios are to the first line`)
  for (const timing of timings) print(timing, baseline)
  const numpy = timeNumpy(path, source.size - total, total)
  if (typeof numpy === 'string') console.log(numpy)
  else print(numpy, baseline)
  await source.close()
} finally {
  rmSync(folder, { recursive: true })
}
