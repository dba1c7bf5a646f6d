/**
 * What those who serve feel of another model's load: an MLP 784-256-10 is asked through the gateway at a fixed rate, from
 * a schedule (a late answer is counted from when its request was due), while nothing else happens, and while a model of
 * 150 MB is fetched from the host's cache, loaded and warmed up beside it. Rounds alternate; medians are printed.
 *
 *   node bench/serving/hot-load.ts [rounds] [requests a second]
 */
import { Agent, request } from 'node:http'
import { writeMlp } from '../../test/fixtures/onnx-builder.ts'
import { ServingWorld } from '../../test/fixtures/serving-world.ts'
import { median } from './world.ts'

const [rounds = 5, rate = 200] = process.argv.slice(2).map(Number)
/** Of the quiet half of a round, at least; it lasts as long as the load did. */
const LEAST_MS = 2000
const world = new ServingWorld()
const agent = new Agent({ keepAlive: true, maxSockets: 64 })
const body = tensorBody([1, 784])

try {
  await world.start()
  await measure()
} finally {
  agent.destroy()
  await world.stop()
}

interface Half {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

async function measure(): Promise<void> {
  const files = { live: writeMlp(784, 256, 10), big: writeMlp(4096, 8192, 512) }
  const live = replica('live', 1, world.plane.addBlob('model.onnx', files.live))
  const blob = world.plane.addBlob('model.onnx', files.big)
  await world.serve([live])
  await world.route([
    {
      model: 'live',
      environment: 'production',
      project: 'bench',
      predictions: 'public',
      standby: [],
      arms: [world.arm('stable', 1, 1, ['live'])],
    },
  ])
  const beside = (n: number) => replica(`big-${n}`, n, blob)
  // Into the host's cache, and code into its fast form.
  await world.serve([live, beside(0)])
  world.plane.want([live])
  await traffic(() => pause(LEAST_MS))

  const quiet: Half[] = []
  const loading: Half[] = []
  const took: number[] = []
  for (let n = 1; n <= rounds; n++) {
    let ms = 0
    loading.push(
      await traffic(async () => {
        const began = performance.now()
        await world.serve([live, beside(n)])
        ms = performance.now() - began
      }),
    )
    took.push(ms)
    world.plane.want([live])
    await world.until(() => world.replica(`big-${n}`)?.phase === 'ended')
    quiet.push(await traffic(() => pause(Math.max(LEAST_MS, ms))))
  }
  console.log(`${rounds} rounds, ${rate} requests a second, a model of ${(blob.size / 1e6).toFixed(0)} MB`)
  console.log(`the load took ${median(took).toFixed(0)} ms`)
  for (const name of ['p50', 'p99', 'max'] as const) {
    const [alone, during] = [quiet, loading].map(halves => median(halves.map(half => half[name])))
    const ratio = median(loading.map((half, n) => half[name] / quiet[n]![name]))
    console.log(
      `${name.padEnd(4)} alone ${alone!.toFixed(2)} ms, during a load ${during!.toFixed(2)} ms, ratio ${ratio.toFixed(2)}`,
    )
  }
}

function replica(name: string, versionNumber: number, blob: ReturnType<typeof world.plane.addBlob>) {
  return {
    replica: name,
    version: `ver_${versionNumber}`,
    versionNumber,
    model: name,
    config: { name, task: 'generic', labels: [], preprocess: [] },
    files: [blob],
  }
}

/** Asks by the clock while `work` goes on. */
async function traffic(work: () => Promise<void>): Promise<Half> {
  const latencies: number[] = []
  const under = new Set<Promise<void>>()
  const began = performance.now()
  let [sent, going] = [0, true]
  const timer = setInterval(() => {
    const now = performance.now()
    while (going && began + (sent * 1000) / rate <= now) {
      const due = began + (sent++ * 1000) / rate
      const asked: Promise<void> = ask().then(() => {
        latencies.push(performance.now() - due)
        under.delete(asked)
      })
      under.add(asked)
    }
  }, 1)
  await work()
  going = false
  clearInterval(timer)
  await Promise.all(under)
  const sorted = latencies.toSorted((a, b) => a - b)
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!
  return { p50: at(0.5), p99: at(0.99), max: sorted.at(-1)! }
}

function ask(): Promise<void> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: '127.0.0.1',
        port: world.port,
        path: '/v2/models/live/infer',
        method: 'POST',
        agent,
        headers: { 'inference-header-content-length': String(body.headerBytes) },
      },
      response => {
        response.resume()
        response.on('end', () =>
          response.statusCode === 200 ? resolve() : reject(new Error(`status ${response.statusCode}`)),
        )
      },
    )
    call.on('error', reject)
    call.end(body.bytes)
  })
}

function tensorBody(shape: readonly number[]) {
  const count = shape.reduce((product, size) => product * size, 1)
  const header = Buffer.from(
    JSON.stringify({
      inputs: [{ name: 'x', shape, datatype: 'FP32', parameters: { binary_data_size: count * 4 } }],
      outputs: [{ name: 'probabilities', parameters: { binary_data: true } }],
    }),
  )
  const data = Float32Array.from({ length: count }, (_, i) => (i % 255) / 255)
  return { headerBytes: header.length, bytes: Buffer.concat([header, Buffer.from(data.buffer)]) }
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
