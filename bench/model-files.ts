/**
 * What it takes to know a model: bytes read and peak memory for its description, and peak memory for statistics of
 * all its weights, from 100 MB to 8 GB, format by format. Files are made by Ballast's own writers, with weights of
 * zeros that take no space on disk. Each figure is of a process of its own.
 *
 *   node bench/model-files.ts [folder]
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

const run = promisify(execFile)
const folder = await mkdtemp(join(process.argv[2] ?? tmpdir(), 'ballast-model-files-'))

interface Figures {
  readonly size: number
  readonly read: number
  readonly milliseconds: number
  readonly peak: number
}

async function measure(work: 'describe' | 'statistics', file: string): Promise<Figures> {
  const { stdout } = await run(process.execPath, [
    join(import.meta.dirname, 'model-files/child.ts'),
    work,
    file,
  ])
  return JSON.parse(stdout) as Figures
}

const peaks = new Map<MadeFormat, Figures[]>()
let over = false
try {
  console.log(
    'format        size      read for metadata          time     peak   statistics: time  GB/s   peak',
  )
  for (const format of Object.keys(MAKERS) as MadeFormat[]) {
    for (const size of SIZES) {
      const file = await MAKERS[format](folder, size)
      const metadata = await measure('describe', file)
      const all = await measure('statistics', file)
      const part = metadata.read / metadata.size
      over ||= metadata.size > BOUND_FROM && part > BOUND
      peaks.set(format, [...(peaks.get(format) ?? []), all])
      console.log(
        format.padEnd(12),
        formatSize(metadata.size).padStart(8),
        formatSize(metadata.read).padStart(10),
        `${(part * 100).toFixed(5)} %`.padStart(12),
        `${metadata.milliseconds.toFixed(0)} ms`.padStart(10),
        formatSize(metadata.peak).padStart(9),
        `${(all.milliseconds / 1000).toFixed(2)} s`.padStart(12),
        (all.read / all.milliseconds / 1e6).toFixed(2).padStart(9),
        formatSize(all.peak).padStart(9),
      )
      await rm(join(folder, format), { recursive: true, force: true })
    }
  }
  for (const [format, figures] of peaks) {
    const ratio = figures.at(-1)!.peak / figures[0]!.peak
    console.log(`${format}: peak at 8 GB / peak at 100 MB = ${ratio.toFixed(2)}`)
  }
  console.log(over ? 'over the bound of 2 % for metadata' : 'every description read at most 2 % of its file')
} finally {
  await rm(folder, { recursive: true, force: true })
}
if (over) process.exitCode = 1
