/** One step in a process of its own: `child.ts convert|run FOLDER` prints a line of JSON. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeModel } from '../../../src/cli/output/write-model.ts'
import { converterOf } from '../../../src/convert/index.ts'
import { openFile, type Tensor } from '../../../src/core/index.ts'
import { openModel, openNpz } from '../../../src/formats/index.ts'

const ROUNDS = 10

const [work, folder = '.'] = process.argv.slice(2)
const file = join(folder, 'model.onnx')
console.log(JSON.stringify(work === 'convert' ? await convert() : await run()))

async function convert() {
  const start = performance.now()
  const model = await openModel(join(folder, 'model.keras'))
  const { model: onnx } = await (await converterOf(model.file.format))(model, {})
  await writeModel(onnx, file)
  await model.close()
  const peak = Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024
  return {
    milliseconds: performance.now() - start,
    peak,
    nodes: onnx.graph.nodes.length,
    size: model.file.size,
  }
}

async function run() {
  // Not at the top: a conversion's memory is without the runtime.
  const { InferenceSession, Tensor: OrtTensor } = await import('onnxruntime-node')
  const answers = await openNpz(await openFile(join(folder, 'answers.npz')))
  const [images, expected] = [await read('images'), await read('answers')]
  const session = await InferenceSession.create(file)
  const [input, output] = [session.inputNames[0]!, session.outputNames[0]!]
  const feed = (count: number) => {
    const shape = [count, ...images.shape.slice(1)]
    const data = (images.data as Float32Array).slice(
      0,
      shape.reduce((a, b) => a * b),
    )
    return { [input]: new OrtTensor('float32', data, shape) }
  }
  const result = (await session.run(feed(2)))[output]!
  const one = feed(1)
  const times: number[] = []
  for (let i = 0; i <= ROUNDS; i++) {
    const start = performance.now()
    await session.run(one)
    if (i > 0) times.push(performance.now() - start)
  }
  times.sort((a, b) => a - b)
  return {
    milliseconds: times[ROUNDS / 2],
    ...errorsOf(result.data as Float32Array, expected.data as Float32Array),
  }

  async function read(name: string): Promise<Tensor> {
    return (await answers.array(name)).read()
  }
}

/** The largest |a − b|, and the largest by |b| of those that are not small against the largest answer. */
function errorsOf(ours: Float32Array, keras: Float32Array) {
  let largest = 0
  for (const x of keras) largest = Math.max(largest, Math.abs(x))
  let absolute = 0
  let relative = 0
  for (const [i, x] of keras.entries()) {
    const error = Math.abs(ours[i]! - x)
    absolute = Math.max(absolute, error)
    relative = Math.max(relative, error / Math.max(Math.abs(x), largest / 1000))
  }
  return { absolute, relative }
}
