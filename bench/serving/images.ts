/**
 * A JPEG of 224 × 224 in, a label out: Ballast's gateway and replica beside a Python server (uvicorn, PIL, numpy,
 * onnxruntime; peers/raw.py), by turns. The model is next to nothing, so that the image is what is measured.
 *
 *   node bench/serving/images.ts [rounds] [ms a round] --python FOLDER     a virtual environment: see peers.ts
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import sharp from 'sharp'
import { freePort } from '../../test/fixtures/free-port.ts'
import { buildOnnx, generator } from '../../test/fixtures/onnx-builder.ts'
import { cpuOf, descendantsOf, load, median, type Request, until, World } from './world.ts'

const { values, positionals } = parseArgs({ allowPositionals: true, options: { python: { type: 'string' } } })
const [rounds = 5, ms = 3000] = positionals.map(Number)
const CONNECTIONS = 8
const SIDE = 224
const CONFIG = {
  task: 'image-classification',
  preprocess: [
    { kind: 'decode', what: 'image' },
    { kind: 'resize', width: SIDE, height: SIDE, fit: 'fill' },
    { kind: 'scale', factor: 1 / 255 },
    { kind: 'normalize', mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  ],
}

if (values.python === undefined) throw new Error('Give a virtual environment with the peers: --python FOLDER')
const python = join(values.python, 'bin/python')
const world = await World.open()
try {
  await measure()
} finally {
  await world.close()
}

async function measure(): Promise<void> {
  const onnx = meanOfColours()
  const model = join(world.folder, 'model.onnx')
  await writeFile(model, onnx)
  const image = await photograph()
  const serving = await world.serve({ colours: { onnx, config: CONFIG } })
  const port = await freePort()
  const peer = world.start(python, [
    new URL('./peers/raw.py', import.meta.url).pathname,
    model,
    String(port),
    'image',
  ])
  const request = (path: string): Request => ({
    method: 'POST',
    path,
    headers: { 'content-type': 'image/jpeg' },
    body: image.toString('base64'),
  })
  const contenders = [
    {
      name: 'Ballast: gateway + replica',
      port: serving.port,
      request: request('/v2/models/colours/infer'),
      pids: async () => [serving.gatewayPid, serving.replicaPid('colours')],
    },
    {
      name: 'uvicorn, PIL, numpy, onnxruntime',
      port,
      request: request('/'),
      pids: () => descendantsOf(peer),
    },
  ]
  const labels: unknown[] = []
  for (const { port, request } of contenders) {
    await until(async () => (await labelAt(port, request.path, image)) !== undefined, 'no label')
    labels.push(await labelAt(port, request.path, image))
  }
  if (labels[0] !== labels[1]) throw new Error(`the labels differ: ${labels.join(' and ')}`)
  const rates = contenders.map((): number[] => [])
  const cpus = contenders.map((): number[] => [])
  for (let round = -1; round < rounds; round++) {
    for (const [i, { port, request, pids }] of contenders.entries()) {
      const processes = await pids()
      const before = await cpuOf(processes)
      const result = await load({ ...request, port, ms: round < 0 ? 1000 : ms, connections: CONNECTIONS })
      if (round < 0) continue
      rates[i]!.push(result.requests / result.seconds)
      cpus[i]!.push(((await cpuOf(processes)) - before) / result.requests)
    }
  }
  for (const [i, { name }] of contenders.entries()) {
    console.log(
      `${name.padEnd(34)} ${median(rates[i]!).toFixed(0).padStart(6)} images/s  ${median(cpus[i]!).toFixed(0).padStart(6)} CPU-µs an image`,
    )
  }
  const ratio = median(rates[0]!.map((rate, round) => rate / rates[1]![round]!))
  const work = median(cpus[0]!.map((cpu, round) => cpus[1]![round]! / cpu))
  console.log(
    `Ballast / Python: ${ratio.toFixed(2)} × the images a second (target 2), ${work.toFixed(2)} × less CPU an image`,
  )
}

async function labelAt(port: number, path: string, body: Buffer): Promise<number | undefined> {
  const headers = { 'content-type': 'image/jpeg' }
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers,
    body: new Uint8Array(body),
  }).catch(() => undefined)
  if (answer?.status !== 200) return undefined
  return Number(((await answer.json()) as { label: unknown }).label)
}

/** Ten classes of a linear function of the mean colour. */
function meanOfColours(): Uint8Array {
  const random = generator(7)
  const weights = Float32Array.from({ length: 30 }, () => random() - 0.5)
  return buildOnnx({
    inputs: [{ name: 'x', shape: ['N', 3, SIDE, SIDE] }],
    outputs: [{ name: 'scores', shape: ['N', 10] }],
    initializers: [{ name: 'w', dims: [3, 10], data: weights }],
    nodes: [
      { op: 'GlobalAveragePool', inputs: ['x'], outputs: ['pooled'] },
      { op: 'Flatten', inputs: ['pooled'], outputs: ['flat'], attributes: { axis: { i: 1 } } },
      { op: 'MatMul', inputs: ['flat', 'w'], outputs: ['scores'] },
    ],
  })
}

/** Hills of colour with some noise: as many bytes as a photograph of this size has. */
function photograph(): Promise<Buffer> {
  const random = generator(3)
  const data = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => {
    const [x, y, channel] = [Math.floor(i / 3) % SIDE, Math.floor(i / 3 / SIDE), i % 3]
    const hill = 128 + 60 * Math.sin(x / (9 + channel)) + 50 * Math.cos(y / 13 + channel)
    return Math.max(0, Math.min(255, hill + 24 * (random() - 0.5)))
  })
  return sharp(data, { raw: { width: SIDE, height: SIDE, channels: 3 } })
    .jpeg({ quality: 85 })
    .toBuffer()
}
