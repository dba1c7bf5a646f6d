/**
 * A change of precision from file to file: `ballast optimize` beside Python's tools, in turns, each in a process of its
 * own.
 *
 *   node bench/optimize/speed.ts [MATRICES=16] [ROUNDS=3] [--python PYTHON] [--changes int8,int4,fp16]
 *
 * MATRICES of 4096 × 4096 float32 take 64 MiB each. PYTHON has onnxruntime and onnx. `node scripts/build.ts` first. Prints
 * seconds from file to file, of processors (which say more where others share the machine), peak memory over the
 * model's size, and their ratios.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { type OnnxTensor, writeOnnx } from '../../src/formats/index.ts'

const run = promisify(execFile)
const SIDE = 4096

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { python: { type: 'string' }, changes: { type: 'string', default: 'int8,int4,fp16' } },
})
const { python } = values
const [matrices = 16, rounds = 3] = positionals.map(Number)

const folder = await mkdtemp(join(tmpdir(), 'ballast-bench-optimize-'))
try {
  const model = await make(join(folder, 'model.onnx'))
  console.log(`${matrices} matrices, ${(model.bytes / 1e9).toFixed(2)} GB`)
  for (const change of values.changes.split(',')) {
    const ours: Result[] = []
    const theirs: Result[] = []
    for (let round = 0; round < rounds; round++) {
      ours.push(await ballast(change, model.path))
      if (python) theirs.push(await peer(change, model.path))
    }
    const [a, b] = [median(ours), python ? median(theirs) : undefined]
    console.log(
      `${change}: ballast ${a.seconds.toFixed(2)} s (${a.busy.toFixed(2)} of processors), ${(a.peak / model.bytes).toFixed(3)} × the model in memory (${(a.peak / 1e6).toFixed(0)} MB)` +
        (b
          ? `; Python ${b.seconds.toFixed(2)} s (${b.busy.toFixed(2)}), ${(b.peak / model.bytes).toFixed(2)} ×; ${(b.seconds / a.seconds).toFixed(1)} times as fast, ${(b.busy / a.busy).toFixed(1)} of processors`
          : ''),
    )
  }
} finally {
  await rm(folder, { recursive: true })
}

interface Result {
  readonly seconds: number
  /** Seconds of all processors. */
  readonly busy: number
  readonly peak: number
}

function median(results: readonly Result[]): Result {
  const sorted = results.toSorted((a, b) => a.seconds - b.seconds)
  return {
    seconds: sorted[Math.floor(sorted.length / 2)]!.seconds,
    busy: results.map(({ busy }) => busy).toSorted((a, b) => a - b)[Math.floor(results.length / 2)]!,
    peak: Math.max(...results.map(r => r.peak)),
  }
}

/** The whole command, its start included. */
async function ballast(change: string, model: string): Promise<Result> {
  const out = join(folder, 'ours.onnx')
  const script = `
    import { readFileSync } from 'node:fs'
    const begun = performance.now()
    process.argv = [process.argv[0], 'ballast', 'optimize', ${JSON.stringify(model)}, '-o', ${JSON.stringify(out)}, '--${change}', '--no-measure', '--force', '--json']
    process.on('exit', () => {
      const { userCPUTime, systemCPUTime } = process.resourceUsage()
      // What getrusage tells begins with the process that started this one.
      const [, peak] = /^VmHWM:\\s*(\\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))
      process.stderr.write([(performance.now() - begun) / 1000, (userCPUTime + systemCPUTime) / 1e6, peak * 1024].join(' '))
    })
    await import(${JSON.stringify(new URL('../../dist/ballast.js', import.meta.url).href)})`
  const { stderr } = await run(process.execPath, ['--input-type=module', '-e', script])
  return result(stderr)
}

async function peer(change: string, model: string): Promise<Result> {
  const out = join(folder, 'theirs.onnx')
  const { stdout } = await run(python!, [new URL('peers.py', import.meta.url).pathname, change, model, out])
  await rm(`${out}.data`, { force: true })
  return result(stdout)
}

function result(text: string): Result {
  const [seconds, busy, peak] = text.trim().split('\n').at(-1)!.split(' ').map(Number)
  return { seconds: seconds!, busy: busy!, peak: peak! }
}

/** x · w1 · w2 …, of normal numbers. */
async function make(path: string): Promise<{ readonly path: string; readonly bytes: number }> {
  const initializers = Array.from(
    { length: matrices },
    (_, i): OnnxTensor => ({
      name: `w${i}`,
      dtype: 'float32',
      shape: [SIDE, SIDE],
      data: () => normal(i),
    }),
  )
  const main = await open(path, 'w')
  const data = await open(`${path}.data`, 'w')
  const value = (name: string) => ({ name, dtype: 'float32', shape: ['N', SIDE] }) as const
  const last = `v${matrices - 1}`
  await writeOnnx(
    {
      irVersion: 9,
      opsets: [{ domain: '', version: 17 }],
      graph: {
        name: 'matrices',
        nodes: initializers.map(({ name }, i) => ({
          op: 'MatMul',
          name: `n${i}`,
          inputs: [i === 0 ? 'x' : `v${i - 1}`, name],
          outputs: [`v${i}`],
        })),
        inputs: [value('x')],
        outputs: [value(last)],
        values: initializers.slice(1).map((_, i) => value(`v${i}`)),
        initializers,
      },
    },
    { write: async bytes => void (await main.write(bytes)) },
    {
      external: {
        location: 'model.onnx.data',
        when: 'always',
        sink: { write: async bytes => void (await data.write(bytes)) },
      },
    },
  )
  await main.close()
  await data.close()
  return { path, bytes: (await stat(`${path}.data`)).size }
}

/** Sums of uniform numbers, a megabyte of them again and again: their order does not matter to anybody. */
async function* normal(seed: number): AsyncGenerator<Uint8Array, void> {
  const piece = new Float32Array(256 * 1024)
  let state = seed * 2 + 1
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return state / 2 ** 32
  }
  for (let i = 0; i < piece.length; i++) piece[i] = (random() + random() + random() + random()) * 0.03
  for (let at = 0; at < SIDE * SIDE; at += piece.length) yield new Uint8Array(piece.buffer)
}
