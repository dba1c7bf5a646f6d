import { execFile } from 'node:child_process'
import { mkdtemp, open, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOfFile } from '../../../core/index.ts'
import { type OnnxNode, type OnnxTensor, writeOnnx } from '../../../formats/index.ts'

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
  const file = await open(path, 'w')
  await writeOnnx(aModel(), { write: async bytes => void (await file.write(bytes)) })
  await file.close()
}, MINUTES)
afterAll(() => rm(folder, { recursive: true }))

/** Matrices of 16 MiB, half of them with outputs as rows; a matrix of each as int8 is 4 MiB. */
function aModel() {
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
async function optimize(out: string, change: string, memory?: string): Promise<Result> {
  const given = [MAIN, 'optimize', path, '-o', join(folder, out), change, '--no-measure', '--force', '--json']
  const bound = memory === undefined ? [] : ['--max-memory', memory]
  const { stdout, stderr } = await run(process.execPath, [...given, ...bound]).catch(failed => failed)
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

test(
  'what runs the model is not bounded',
  async () => {
    const { error } = await optimize('other.onnx', '--int8-static', '1GB')
    expect(error).toMatchObject({ code: 'ARGUMENT_INVALID' })
  },
  MINUTES,
)
