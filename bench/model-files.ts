/**
 * What it takes to know a model, format by format. Files are made by Ballast's own writers, and each figure is of a
 * process of its own.
 *
 * Memory: bytes read and peak memory for the description, and peak memory for statistics of all weights, from 100 MB
 * to 8 GB. These weights are zeros that take no space on disk. How long it takes to read such holes says little: the
 * kernel makes a page of zeros for each.
 *
 * Speed: statistics of a file of numbers that lies in the page cache, start of the process' own work to the end.
 *
 *   node bench/model-files.ts [folder] [GB of the speed's file, default 2]
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { formatSize } from '../src/core/index.ts'
import { MAKERS, type MadeFormat } from './model-files/make.ts'

const SIZES = [100e6, 1e9, 8e9]
/** Above this, a description may read this part of the file. */
const [BOUND_FROM, BOUND] = [50e6, 0.02]
const FORMATS = Object.keys(MAKERS) as MadeFormat[]

const run = promisify(execFile)
const folder = await mkdtemp(join(process.argv[2] ?? tmpdir(), 'ballast-model-files-'))
const speedBytes = Number(process.argv[3] ?? 2) * 1e9

interface Figures {
  readonly size: number
  readonly read: number
  readonly milliseconds: number
  /** Processor time in milliseconds, of the user and the system. */
  readonly processor: number
  readonly peak: number
}

async function measure(work: 'describe' | 'statistics', file: string): Promise<Figures> {
  const child = join(import.meta.dirname, 'model-files/child.ts')
  const { stdout } = await run(process.execPath, [child, work, file])
  return JSON.parse(stdout) as Figures
}

/** True where a description reads more than it may. */
async function memoryOf(format: MadeFormat): Promise<boolean> {
  const peaks: number[] = []
  let over = false
  for (const size of SIZES) {
    const file = await MAKERS[format](folder, size, 'zeros')
    const metadata = await measure('describe', file)
    const all = await measure('statistics', file)
    await rm(join(folder, format), { recursive: true, force: true })
    const part = metadata.read / metadata.size
    over ||= metadata.size > BOUND_FROM && part > BOUND
    peaks.push(all.peak)
    console.log(
      format.padEnd(12),
      formatSize(metadata.size).padStart(8),
      formatSize(metadata.read).padStart(10),
      `${(part * 100).toFixed(5)} %`.padStart(12),
      `${metadata.milliseconds.toFixed(0)} ms`.padStart(10),
      formatSize(metadata.peak).padStart(9),
      formatSize(all.peak).padStart(16),
    )
  }
  console.log(`${format}: peak at 8 GB / peak at 100 MB = ${(peaks.at(-1)! / peaks[0]!).toFixed(2)}`)
  return over
}

async function speedOf(format: MadeFormat): Promise<void> {
  const file = await MAKERS[format](folder, speedBytes, 'numbers')
  // The first one brings what the cache has lost.
  await measure('statistics', file)
  const { size, milliseconds, processor, peak } = await measure('statistics', file)
  await rm(join(folder, format), { recursive: true, force: true })
  const speed = (time: number): string => (size / time / 1e6).toFixed(2).padStart(6)
  console.log(
    format.padEnd(12),
    formatSize(size).padStart(8),
    `${speed(milliseconds)} GB/s,${speed(processor)} GB per second of processor time, peak ${formatSize(peak)}`,
  )
}

let over = false
try {
  console.log('format        size      read for metadata          time     peak   statistics: peak')
  for (const format of FORMATS) over = (await memoryOf(format)) || over
  console.log(over ? 'over the bound of 2 % for metadata' : 'every description read at most 2 % of its file')
  console.log('\nStatistics of all weights, from the page cache:')
  for (const format of FORMATS) await speedOf(format)
} finally {
  await rm(folder, { recursive: true, force: true })
}
if (over) process.exitCode = 1
