/**
 * Memory of calibrating by many samples over that by few: `ballast optimize --int8-static`, and onnxruntime's own tool
 * beside it, in turns, each in a process of its own.
 *
 *   node bench/optimize/calibration.ts [SIDE=64] [FEW=8] [MANY=512] --python PYTHON
 *
 * The model has eight convolutions of 16 channels; pictures of SIDE × SIDE. PYTHON has onnxruntime and onnx. Prints
 * seconds, peak memory, and ratios. Exits with 1 where ours grows by more than a tenth.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type OnnxNode, type OnnxTensor, writeOnnx } from '../../src/formats/index.ts'
import { writeNpz } from '../../src/formats/npy/write/index.ts'

const run = promisify(execFile)
const BUNDLE = new URL('../../dist/ballast.js', import.meta.url).pathname
const METHODS = ['minmax', 'entropy', 'percentile'] as const
const CHANNELS = 16
const LAYERS = 8
const CLASSES = 10
/** Many samples may take so much more than few. */
const MOST = 1.1

const at = process.argv.indexOf('--python')
const python = at < 0 ? undefined : process.argv[at + 1]
const [side = 64, few = 8, many = 512] = process.argv.slice(2, at < 0 ? undefined : at).map(Number)

const folder = await mkdtemp(join(tmpdir(), 'ballast-bench-calibration-'))
const [model, data] = [join(folder, 'model.onnx'), join(folder, 'data.npz')]
try {
  await makeModel()
  await makeData()
  const values = (2 * LAYERS * CHANNELS * side * side * 4) / 1e6
  console.log(`${values.toFixed(1)} MB of values for each of ${few} and ${many} samples`)
  for (const method of METHODS) {
    const grown = tell(method, 'ballast', await ballast(method, few), await ballast(method, many))
    if (grown > MOST) process.exitCode = 1
    if (python) tell(method, 'onnxruntime', await peer(method, few), await peer(method, many))
  }
} finally {
  await rm(folder, { recursive: true })
}

interface Result {
  readonly seconds: number
  readonly peak: number
}

/** How much more memory many samples take. */
function tell(method: string, who: string, a: Result, b: Result): number {
  const words = ({ seconds, peak }: Result) => `${(peak / 1e6).toFixed(0)} MB in ${seconds.toFixed(1)} s`
  console.log(`${method}, ${who}: ${words(a)}; ${words(b)}; ${(b.peak / a.peak).toFixed(2)} × the memory`)
  return b.peak / a.peak
}

/** The whole command, its start included. */
async function ballast(method: string, samples: number): Promise<Result> {
  const options = ['--int8-static', '--calibrate', method, '--samples', samples, '--data', data]
  // A bound that bounds nothing has the command tell what it and the processes that run the model took together.
  const more = ['--folder', folder, '--max-memory', '64GB', '--no-measure', '--force', '--json']
  const words = [BUNDLE, 'optimize', model, '-o', join(folder, 'ours.onnx'), ...options, ...more]
  const script = `
    const begun = performance.now()
    process.argv = [process.argv[0], ...${JSON.stringify(words.map(String))}]
    process.on('exit', () => process.stderr.write(\`\${(performance.now() - begun) / 1000}\`))
    await import(${JSON.stringify(BUNDLE)})`
  const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', script])
  const { peak } = JSON.parse(stdout) as { readonly peak: number }
  return { seconds: Number(stderr.trim().split('\n').at(-1)), peak }
}

async function peer(method: string, samples: number): Promise<Result> {
  const script = new URL('calibrate.py', import.meta.url).pathname
  const { stdout } = await run(python!, [
    script,
    method,
    String(samples),
    model,
    data,
    join(folder, 'theirs.onnx'),
  ])
  return result(stdout)
}

function result(text: string): Result {
  const [seconds, peak] = text.trim().split('\n').at(-1)!.split(' ').map(Number)
  return { seconds: seconds!, peak: peak! }
}

/** Convolutions with their Relu, the mean of each channel, and a product. */
async function makeModel(): Promise<void> {
  const nodes: OnnxNode[] = []
  const initializers: OnnxTensor[] = []
  const weight = (name: string, ...shape: number[]) => {
    const count = shape.reduce((product, size) => product * size, 1)
    initializers.push({ name, dtype: 'float32', shape, data: numbers(count, initializers.length) })
  }
  for (let i = 0; i < LAYERS; i++) {
    weight(`w${i}`, CHANNELS, i === 0 ? 3 : CHANNELS, 3, 3)
    const attributes = { pads: { ints: [1n, 1n, 1n, 1n] }, kernel_shape: { ints: [3n, 3n] } }
    const input = i === 0 ? 'x' : `r${i - 1}`
    nodes.push(
      { op: 'Conv', name: `conv${i}`, inputs: [input, `w${i}`], outputs: [`c${i}`], attributes },
      { op: 'Relu', name: `relu${i}`, inputs: [`c${i}`], outputs: [`r${i}`] },
    )
  }
  weight('w', CHANNELS, CLASSES)
  nodes.push(
    { op: 'GlobalAveragePool', name: 'pool', inputs: [`r${LAYERS - 1}`], outputs: ['p'] },
    { op: 'Flatten', name: 'flat', inputs: ['p'], outputs: ['f'] },
    { op: 'Gemm', name: 'dense', inputs: ['f', 'w'], outputs: ['y'] },
  )
  const value = (name: string, ...shape: (string | number)[]) => ({ name, dtype: 'float32', shape }) as const
  const file = await open(model, 'w')
  await writeOnnx(
    {
      irVersion: 9,
      opsets: [{ domain: '', version: 17 }],
      graph: {
        name: 'convolutions',
        nodes,
        inputs: [value('x', 'N', 3, side, side)],
        outputs: [value('y', 'N', CLASSES)],
        initializers,
      },
    },
    { write: async bytes => void (await file.write(bytes)) },
  )
  await file.close()
}

async function makeData(): Promise<void> {
  const file = await open(data, 'w')
  const picture = 3 * side * side
  async function* pictures(): AsyncGenerator<Uint8Array, void> {
    for (let i = 0; i < many; i++) yield numbers(picture, i)
  }
  await writeNpz(
    [
      { name: 'x', dtype: 'float32', shape: [many, 3, side, side], data: pictures() },
      { name: 'y', dtype: 'int64', shape: [many], data: new Uint8Array(8 * many) },
    ],
    { write: async bytes => void (await file.write(bytes)) },
  )
  await file.close()
}

/** Sums of uniform numbers, around 0. */
function numbers(count: number, seed: number): Uint8Array {
  let state = seed * 2 + 1
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return state / 2 ** 31
  }
  return new Uint8Array(Float32Array.from({ length: count }, () => (random() + random()) * 0.3).buffer)
}
