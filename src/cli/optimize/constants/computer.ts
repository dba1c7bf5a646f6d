import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ByteSource, type Milliseconds, openFile } from '../../../core/index.ts'
import type { OnnxModel, OnnxTensor } from '../../../formats/index.ts'
import type { Computer } from '../../../optimize/index.ts'
import { writeModel } from '../../output/write-model.ts'
import { type ApartOptions, apart } from '../apart/start.ts'
import { DATA_FILE, MODEL_FILE, type Result } from './results.ts'

/** Constants are computed in milliseconds; what takes longer is no constant that anybody meant. */
const DEADLINE_MS: Milliseconds = 60_000
/** Results up to this size are read at once: passes look into shapes, axes and small tables. */
const HELD_BYTES = 32 * 1024
const PIECE_BYTES = 1024 * 1024

/** Graphs of constants, each computed in a process of its own. */
export interface ConstantComputer extends Computer {
  close(): Promise<void>
}

/** Results lie in a temporary folder until it is closed. */
export async function constantComputer({
  deadline = DEADLINE_MS,
  ...options
}: Pick<ApartOptions, 'program' | 'memory' | 'deadline'>): Promise<ConstantComputer> {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-constants-'))
  const sources: ByteSource[] = []
  let count = 0
  return {
    async compute(model) {
      const own = join(folder, `${count++}`)
      await mkdir(own)
      await writeModel(model, join(own, MODEL_FILE))
      const outcome = await apart('constants', { folder: own }, { ...options, deadline, scratch: own })
      await Promise.all([MODEL_FILE, `${MODEL_FILE}.data`].map(file => rm(join(own, file), { force: true })))
      if (outcome.kind !== 'done') return undefined
      const source = await openFile(join(own, DATA_FILE))
      sources.push(source)
      return tensorsOf(outcome.result, model, source)
    },
    async close() {
      await Promise.all(sources.map(source => source.close()))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Undefined where the runtime gave another type or shape than was inferred: then one of them is wrong. */
async function tensorsOf(
  results: readonly Result[],
  { graph }: OnnxModel,
  source: ByteSource,
): Promise<ReadonlyMap<string, OnnxTensor> | undefined> {
  const tensors = new Map<string, OnnxTensor>()
  const expected = new Map(graph.outputs.map(output => [output.name, output]))
  for (const { name, dtype, shape, offset, bytes } of results) {
    const output = expected.get(name)
    if (output?.dtype !== dtype || output.shape?.join() !== shape.join()) return undefined
    const data = bytes <= HELD_BYTES ? await source.read(offset, bytes) : () => pieces(source, offset, bytes)
    tensors.set(name, { name, dtype, shape, data })
  }
  return tensors
}

async function* pieces(source: ByteSource, offset: number, bytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes; at += PIECE_BYTES)
    yield await source.read(offset + at, Math.min(PIECE_BYTES, bytes - at))
}
