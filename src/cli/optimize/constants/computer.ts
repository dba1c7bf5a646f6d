import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ByteSource, type Milliseconds, openFile, systemCode } from '../../../core/index.ts'
import type { OnnxModel, OnnxTensor } from '../../../formats/index.ts'
import type { Computer } from '../../../optimize/index.ts'
import { writeModel } from '../../output/write-model.ts'
import { DATA_FILE, INDEX_FILE, MODEL_FILE, type Result } from './results.ts'

/** Constants are computed in milliseconds; what takes longer is no constant that anybody meant. */
const DEADLINE_MS: Milliseconds = 60_000
/** Results up to this size are read at once: passes look into shapes, axes and small tables. */
const HELD_BYTES = 32 * 1024
const PIECE_BYTES = 1024 * 1024

/** Graphs of constants, each computed in a process of its own. */
export interface ConstantComputer extends Computer {
  close(): Promise<void>
}

/** `command` starts this very program: `[node, script]`. Results lie in a temporary folder until it is closed. */
export async function constantComputer(
  command: readonly string[],
  deadline: Milliseconds = DEADLINE_MS,
): Promise<ConstantComputer> {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-constants-'))
  const sources: ByteSource[] = []
  let count = 0
  return {
    async compute(model) {
      const own = join(folder, `${count++}`)
      await mkdir(own)
      await writeModel(model, join(own, MODEL_FILE))
      await ended([...command, 'constants', own], deadline)
      const results = await indexOf(own)
      await Promise.all([MODEL_FILE, `${MODEL_FILE}.data`].map(file => rm(join(own, file), { force: true })))
      if (!results) return undefined
      const source = await openFile(join(own, DATA_FILE))
      sources.push(source)
      return tensorsOf(results, model, source)
    },
    async close() {
      await Promise.all(sources.map(source => source.close()))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Resolves when the process has ended, however it did. */
function ended([program = process.execPath, ...args]: readonly string[], deadline: number): Promise<void> {
  return new Promise(resolve => {
    const child = spawn(program, args, { stdio: 'ignore', timeout: deadline, killSignal: 'SIGKILL' })
    child.once('error', () => resolve())
    child.once('close', () => resolve())
  })
}

async function indexOf(folder: string): Promise<readonly Result[] | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, INDEX_FILE), 'utf8')) as readonly Result[]
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return undefined
    throw cause
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
