import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Bytes } from '../../../core/index.ts'
import type { OnnxModel } from '../../../formats/index.ts'
import { loadOnnx, type ModelSession } from '../../../model/index.ts'
import { syntheticInputs } from '../../bench/synthetic.ts'
import { writeModel } from '../../output/write-model.ts'
import { specsOf } from '../measure.ts'
import type { Footprint } from './footprint.ts'

export interface FootprintRequest {
  readonly path: string
  /** Shapes of inputs with free sizes; others take 1. */
  readonly shapes: ReadonlyMap<string, readonly number[]>
  readonly threads: number
}

/** The runtime's arena has grown to what inputs of one shape need after the first; the others show that it stays so. */
const RUNS = 5

/** y = x: what the runtime and this program take before there is a model. */
const EMPTY: OnnxModel = {
  irVersion: 8,
  opsets: [{ domain: '', version: 17 }],
  graph: {
    name: 'empty',
    nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
    inputs: [{ name: 'x', dtype: 'float32', shape: [1] }],
    outputs: [{ name: 'y', dtype: 'float32', shape: [1] }],
  },
}

/**
 * What a model takes of this process, which runs it: what it holds after runs, and the most that it held since it
 * began to load, both beyond what the process held of its runtime with a model of one node.
 */
export async function footprintHere(request: FootprintRequest, folder: string): Promise<Footprint> {
  const empty = join(folder, 'empty.onnx')
  await writeModel(EMPTY, empty)
  await (await runs(empty, request)).close()
  const before = await held()
  await resetPeak()
  const session = await runs(request.path, request)
  const after = await held()
  const peak = await peakHeld()
  await session.close()
  return { steady: Math.max(0, after.own - before.own), peak: Math.max(0, peak - before.resident) }
}

async function runs(path: string, { shapes, threads }: FootprintRequest): Promise<ModelSession> {
  const session = await loadOnnx(path, { threads })
  for (let seed = 1; seed <= RUNS; seed++)
    await session.run(syntheticInputs(specsOf(session.signature), { batch: 1, shapes }, seed))
  return session
}

interface Held {
  /** Its own pages, and of shared ones its part. */
  readonly own: Bytes
  readonly resident: Bytes
}

async function held(): Promise<Held> {
  collectGarbage()
  const [rollup, status] = await Promise.all([proc('smaps_rollup'), proc('status')])
  const resident = kilobytes(status, 'VmRSS') ?? process.memoryUsage().rss
  return { own: kilobytes(rollup, 'Pss') ?? resident, resident }
}

async function peakHeld(): Promise<Bytes> {
  return kilobytes(await proc('status'), 'VmHWM') ?? process.resourceUsage().maxRSS * 1024
}

/** Linux counts the most from here on; elsewhere it stays that of the whole process. */
async function resetPeak(): Promise<void> {
  await writeFile('/proc/self/clear_refs', '5').catch(() => undefined)
}

const proc = (file: string): Promise<string> => readFile(`/proc/self/${file}`, 'utf8').catch(() => '')

function kilobytes(text: string, name: string): Bytes | undefined {
  const [, number] = new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(text) ?? []
  return number === undefined ? undefined : Number(number) * 1024
}

/** What is only not collected yet is no model's. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect === 'function') collect()
}
