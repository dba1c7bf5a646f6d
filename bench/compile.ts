/**
 * What it costs to compile GitLab CI files: large ones that people may have, and hostile ones. Each in a process of
 * its own, from a bundle as the command is one: wall time, processor time, and the peak of the whole process beside
 * what it had before the compile began. Ends with 1 where a file passes a bound or ends in another way than it should.
 *
 *   node bench/compile.ts [part of a case's name]
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { rolldown } from 'rolldown'
import { formatSize } from '../src/core/index.ts'
import { HOSTILE } from './compile/hostile.ts'
import { LEGAL } from './compile/legal.ts'
import type { Case } from './compile/world.ts'

/** Processor time in milliseconds and peak memory of the process. */
const [MAX_PROCESSOR, MAX_PEAK] = [2000, 200e6]
/** A process that takes longer hangs. */
const PATIENCE = 60_000

interface Figures {
  readonly milliseconds: number
  readonly processor: number
  readonly before: number
  readonly peak: number
  readonly kind: 'plan' | 'nothing' | 'problems'
  readonly jobs: number
  readonly diagnostics: number
  readonly told: string
}

const run = promisify(execFile)
const folder = await mkdtemp(join(tmpdir(), 'ballast-compile-'))
const child = join(folder, 'child.js')

/** Node takes 40 MB to run TypeScript as it is. */
async function bundleChild(): Promise<void> {
  const bundle = await rolldown({ input: join(import.meta.dirname, 'compile/child.ts'), platform: 'node' })
  await bundle.write({ file: child, format: 'esm', codeSplitting: false })
  await bundle.close()
}

/** Whether it ended as it should, within the bounds. */
async function measure({ name, kind }: Case): Promise<boolean> {
  let figures: Figures
  try {
    const { stdout } = await run(process.execPath, [child, name], { timeout: PATIENCE })
    figures = JSON.parse(stdout) as Figures
  } catch (error) {
    console.log(name.padEnd(58), String(error).slice(0, 300))
    return false
  }
  const { milliseconds, processor, before, peak, jobs, diagnostics, told } = figures
  const ended = kind === 'either' || (kind === 'legal') === (figures.kind === 'plan')
  const fine = ended && processor <= MAX_PROCESSOR && peak <= MAX_PEAK
  console.log(
    name.padEnd(58),
    `${milliseconds.toFixed(0)} ms`.padStart(8),
    `${processor.toFixed(0)} ms`.padStart(8),
    formatSize(peak).padStart(9),
    `+${formatSize(peak - before)}`.padStart(10),
    fine ? '  ' : ' !',
    figures.kind === 'plan' ? `${jobs} jobs` : `${figures.kind}: ${diagnostics} told, ${told}`,
  )
  return fine
}

const wanted = [...LEGAL, ...HOSTILE].filter(({ name }) => name.includes(process.argv[2] ?? ''))
let failed = 0
try {
  await bundleChild()
  console.log(
    'case'.padEnd(58),
    'wall'.padStart(8),
    'cpu'.padStart(8),
    'peak'.padStart(9),
    'compile'.padStart(10),
  )
  for (const one of wanted) if (!(await measure(one))) failed++
} finally {
  await rm(folder, { recursive: true, force: true })
}
console.log(
  `${wanted.length - failed} of ${wanted.length} within ${MAX_PROCESSOR / 1000} s and ${formatSize(MAX_PEAK)}`,
)
process.exitCode = failed > 0 ? 1 : 0
