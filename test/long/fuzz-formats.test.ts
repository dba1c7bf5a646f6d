import { spawn } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

/** Of all files together; more by BALLAST_FUZZ_RUNS. */
const RUNS = Number(process.env['BALLAST_FUZZ_RUNS'] ?? 6_000)
/** A run takes milliseconds; a machine that is busy, seconds. */
const SILENCE_MS = 60_000
/** Of a whole process, Node's own 100 MB and the readers' working memory included. */
const MAX_PEAK_BYTES = 1.5 * 2 ** 30
const FOLDERS = [
  'boosting',
  'codecs',
  'gguf',
  'hdf5',
  'keras',
  'numpy',
  'numpy/kinds',
  'onnx',
  'onnx/external',
  'parquet',
  'pickle',
  'pickle/sklearn',
  'pytorch',
  'safetensors',
  'safetensors/sharded',
  'scan',
  'tensorflow',
  'tensorflow/checkpoint',
  'tensorflow/meta',
  'tensorflow/module',
  'tensorflow/shards',
  'tflite',
].map(name => join(import.meta.dirname, '../fixtures', name))
const NO_MODEL = /\.(py|ts)$|^(expected|programs|reference)\.json$/

const files = FOLDERS.flatMap(folder =>
  readdirSync(folder)
    .filter(name => statSync(join(folder, name)).isFile() && !NO_MODEL.test(name))
    .map(name => ({ folder, name })),
)
const each = Math.max(20, Math.ceil(RUNS / files.length))

interface Seen {
  readonly outcomes: Readonly<Record<string, number>>
  readonly failures: readonly string[]
  readonly peak: number
}

test('there are fixtures to damage', () => {
  expect(files.length).toBeGreaterThan(80)
})

test.each(files)('damaged copies of $name end in an error of ours, or are read', async ({ folder, name }) => {
  const seen = await fuzz(folder, name, 1, each)
  expect(seen.failures).toEqual([])
  expect(seen.peak).toBeLessThan(MAX_PEAK_BYTES)
  // Damage that nobody notices would mean that nothing was read.
  const refused = Object.keys(seen.outcomes).filter(outcome => !outcome.endsWith(': fine'))
  expect(refused.length).toBeGreaterThan(0)
})

/** The outcomes of runs `first` onwards over one file. Throws for a process that dies, or falls silent. */
async function fuzz(folder: string, name: string, first: number, runs: number): Promise<Seen> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'fuzz/child.ts'), folder, name, String(first), String(runs)],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let [output, errors, hung] = ['', '', false]
  const watch = () =>
    setTimeout(() => {
      hung = true
      child.kill('SIGKILL')
    }, SILENCE_MS)
  let timer = watch()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    clearTimeout(timer)
    timer = watch()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const code = await new Promise<number | null>(done => child.on('close', done))
  clearTimeout(timer)
  const lines = output.trimEnd().split('\n')
  if (hung) throw new Error(`${name}: run ${lines.at(-1)} did not end within ${SILENCE_MS} ms`)
  if (code !== 0) throw new Error(`${name}: died in run ${lines.at(-1)}: ${errors.slice(-2000)}`)
  return JSON.parse(lines.at(-1)!) as Seen
}
