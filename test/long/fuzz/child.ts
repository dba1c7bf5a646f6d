/**
 * Reads one damaged file after the other: `child.ts FOLDER FILE FIRST RUNS`. Prints the number of each run before it
 * begins, so that whoever watches knows which one never ended, and at the end what was seen.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { BallastError } from '../../../src/core/index.ts'
import {
  type FileTree,
  loadScanner,
  loadStatistics,
  type OpenModel,
  only,
  openIn,
} from '../../../src/formats/index.ts'
import { memoryTree } from '../../../src/formats/tree/memory.ts'
import { layoutsOf } from '../../../src/registry/layout/lay-out.ts'
import { randomBy } from '../world/random.ts'
import { mutated } from './mutate.ts'

/** A tensor may say that it is large, by repeating one element: enough of it was seen then. */
const MAX_TENSOR_BYTES = 16 * 1024 * 1024

const [folder, file, first, runs] = process.argv.slice(2) as [string, string, string, string]
const originals = new Map<string, Uint8Array>()
for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
  const path = join(folder, name)
  if (statSync(path).isFile()) originals.set(name, new Uint8Array(readFileSync(path)))
}
const { scanTree } = await loadScanner()
const { statisticsOf } = await loadStatistics()
const outcomes: Record<string, number> = {}
const failures: string[] = []

for (let run = Number(first); run < Number(first) + Number(runs); run++) {
  process.stdout.write(`${run}\n`)
  const damaged = mutated(originals.get(file)!, randomBy(run))
  const tree = memoryTree(new Map(originals).set(file, damaged))
  await attempt(run, 'open', () => readAll(tree))
  await attempt(run, 'scan', () => scanTree(memoryTree(new Map([[file, damaged]]))))
  await attempt(run, 'lay out', () => layOutAll(tree))
}
process.stdout.write(
  `${JSON.stringify({ outcomes, failures, peak: process.resourceUsage().maxRSS * 1024 })}\n`,
)

/** Anything but success or an error of ours is a fault. */
async function attempt(run: number, what: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
    outcomes[`${what}: fine`] = (outcomes[`${what}: fine`] ?? 0) + 1
  } catch (error) {
    if (error instanceof BallastError && /^[A-Z][A-Z_0-9]+$/.test(error.code)) {
      outcomes[`${what}: ${error.code}`] = (outcomes[`${what}: ${error.code}`] ?? 0) + 1
    } else failures.push(`run ${run}, ${what}: ${error instanceof Error ? error.stack : String(error)}`)
  }
}

async function readAll(tree: FileTree): Promise<void> {
  const model = await openIn(tree, file)
  try {
    JSON.stringify(model.file)
    for (const { name, dtype, elements } of model.file.tensors) {
      try {
        await readTensor(model, name, dtype)
        if (elements < 100_000) await statisticsOf(model, name)
      } catch (error) {
        // One bad tensor must not hide the others.
        if (!(error instanceof BallastError)) throw error
      }
    }
  } finally {
    await model.close()
  }
}

/** Whatever is wrong in a file, its layout is one that it can be cut along. */
async function layOutAll(tree: FileTree): Promise<void> {
  for (const [path, { tensors }] of await layoutsOf(only(tree, new Set([file])))) {
    const { size } = await tree.open(path)
    let end = 0
    for (const { name, offset, length } of tensors) {
      if (!(offset >= end && length > 0 && offset + length <= size))
        throw new Error(`${path}: the tensor '${name}' lies at ${offset} to ${offset + length}`)
      end = offset + length
    }
  }
}

async function readTensor(model: OpenModel, name: string, dtype: string): Promise<void> {
  let read = 0
  const pieces = dtype === 'string' && model.readText ? model.readText(name) : model.readTensor(name)
  for await (const piece of pieces) {
    read += piece.length
    if (read > MAX_TENSOR_BYTES) return
  }
}
