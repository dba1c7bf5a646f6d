import { execFile } from 'node:child_process'
import { mkdtemp, open, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOfFile } from '../../../core/index.ts'
import { type OnnxModel, type OnnxNode, type OnnxTensor, writeOnnx } from '../../../formats/index.ts'

const run = promisify(execFile)
const MAIN = new URL('../../main.ts', import.meta.url).pathname
const SIDE = 2048
const MATRICES = 4
/** Processes start slowly where many do. */
const MINUTES = 180_000

let folder: string
let path: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'memory-'))
  path = join(folder, 'model.onnx')
  await written(path, aModel())
  await written(join(folder, 'sines.onnx'), withSines())
  const row = JSON.stringify({ input: new Array(SIDE).fill(0.5), label: 1 })
  await writeFile(join(folder, 'data.jsonl'), `${row}\n`.repeat(4))
}, MINUTES)
afterAll(() => rm(folder, { recursive: true }))

async function written(at: string, model: OnnxModel): Promise<void> {
  const file = await open(at, 'w')
  await writeOnnx(model, { write: async bytes => void (await file.write(bytes)) })
  await file.close()
}

/** The first matrix is computed, of one that is given. */
function withSines(): OnnxModel {
  const { opsets, graph } = aModel()
  const [first, ...rest] = graph.nodes
  const nodes: OnnxNode[] = [
    { op: 'Sin', inputs: ['w0'], outputs: ['s'] },
    { ...first!, inputs: ['x', 's'] },
    ...rest,
  ]
  return { opsets, graph: { ...graph, nodes } }
}

/** Matrices of 16 MiB, half of them with outputs as rows; a matrix of each as int8 is 4 MiB. */
function aModel(): OnnxModel {
  const initializers = Array.from({ length: MATRICES }, (_, i): OnnxTensor => {
    return { name: `w${i}`, dtype: 'float32', shape: [SIDE, SIDE], data: () => numbers(i) }
  })
  const nodes = initializers.map(({ name }, i): OnnxNode => {
    const node = { inputs: [i === 0 ? 'x' : `v${i - 1}`, name], outputs: [`v${i}`] }
    return i % 2 === 0
      ? { op: 'MatMul', ...node }
      : { op: 'Gemm', ...node, attributes: { transB: { int: 1 } } }
  })
  const value = (name: string) => ({ name, dtype: 'float32', shape: ['N', SIDE] }) as const
  return {
    opsets: [{ domain: '', version: 17 }],
    graph: {
      name: 'g',
      nodes,
      inputs: [value('x')],
      outputs: [value(`v${MATRICES - 1}`)],
      initializers,
    },
  }
}

const piece = new Float32Array(128 * SIDE)
for (let i = 0; i < piece.length; i++) piece[i] = (i % 251) - 125

async function* numbers(seed: number): AsyncGenerator<Uint8Array, void> {
  for (let row = 0; row < SIDE; row += 128) {
    piece[0] = seed + row
    yield new Uint8Array(piece.buffer)
  }
}

interface Result {
  readonly peak: number
  readonly error?: { readonly code: string; readonly details: { readonly least: number } }
}

/** The whole command, in a process of its own. */
async function optimize(
  out: string,
  change: string,
  memory?: string,
  [model, ...more]: readonly string[] = [path],
): Promise<Result> {
  const given = [MAIN, 'optimize', model!, '-o', join(folder, out), change, ...more, '--folder', folder]
  const quiet = ['--no-measure', '--force', '--json']
  const bound = memory === undefined ? [] : ['--max-memory', memory]
  const { stdout, stderr } = await run(process.execPath, [...given, ...quiet, ...bound]).catch(
    failed => failed,
  )
  return JSON.parse(stdout || stderr)
}

describe.each(['--int8', '--int4'])('%s within a bound of memory', change => {
  test(
    'is refused below the least, and with that is kept to, to the same bytes',
    async () => {
      const refused = await optimize('refused.onnx', change, '20MB')
      expect(refused.error).toMatchObject({ code: 'OPTIMIZE_MEMORY' })
      await expect(stat(join(folder, 'refused.onnx'))).rejects.toMatchObject({ code: 'ENOENT' })

      // Two starts of a process are not equal to the page.
      const least = Math.ceil((refused.error!.details.least + 2e6) / 1e6)
      const { peak } = await optimize('bounded.onnx', change, `${least}MB`)
      expect(peak).toBeGreaterThan(20e6)
      expect(peak).toBeLessThanOrEqual(least * 1e6)
      await optimize('free.onnx', change)
      expect(await digestOfFile(join(folder, 'bounded.onnx'))).toBe(
        await digestOfFile(join(folder, 'free.onnx')),
      )
      expect((await readdir(folder)).filter(name => name.startsWith('.'))).toEqual([])
    },
    MINUTES,
  )
})

describe.each([
  ['--simplify', 'sines.onnx', []],
  ['--int8-static', 'model.onnx', ['--data', 'data.jsonl', '--samples', '4']],
] as const)('%s, which runs the model in a process of its own', (change, model, more) => {
  test(
    'is kept to a bound with it, to the same bytes, and refused where the runtime has no room',
    async () => {
      const given = [model, ...more].map(word => (/\.(jsonl|onnx)$/.test(word) ? join(folder, word) : word))
      const refused = await optimize('refused.onnx', change, '100MB', given)
      expect(refused.error).toMatchObject({ code: 'OPTIMIZE_MEMORY' })
      await expect(stat(join(folder, 'refused.onnx'))).rejects.toMatchObject({ code: 'ENOENT' })
      const { peak } = await optimize('bounded.onnx', change, '900MB', given)
      expect(peak).toBeGreaterThan(100e6)
      expect(peak).toBeLessThanOrEqual(900e6)
      await optimize('free.onnx', change, undefined, given)
      expect(await digestOfFile(join(folder, 'bounded.onnx'))).toBe(
        await digestOfFile(join(folder, 'free.onnx')),
      )
    },
    MINUTES,
  )
})
