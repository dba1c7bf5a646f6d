/**
 * Predictions side by side, in one run:
 *
 *   (a) one process that calls onnxruntime in its own node:http handler
 *   (b) gateway + replica, two processes
 *   (c) the same over gRPC, 32 calls under way over one HTTP/2 connection
 *
 * with an MLP 784-256-10, binary tensors of 3,136 bytes, 32 connections; rounds alternate, so that a busy machine
 * is busy for both. Then the gateway's health endpoint while convolutions keep its replica busy.
 *
 *   node bench/predictions.ts [rounds] [ms a round]
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../test/fixtures/free-port.ts'
import { writeConvolutions, writeMlp } from '../test/fixtures/onnx-builder.ts'
import type { LoadResult } from './predictions/result.ts'
import { tensorRequest } from './serving/requests.ts'
import { cpuOf, type LoadPlan, load, median, type Request, World } from './serving/world.ts'

const [rounds = 5, roundMs = 3000] = process.argv.slice(2).map(Number)
const CONNECTIONS = 32
const ONE_PROCESS = new URL('./predictions/one-process.ts', import.meta.url).pathname

const world = await World.open()
try {
  await measure()
} finally {
  await world.close()
}

interface Round extends LoadResult {
  /** Of the serving processes, microseconds a request. */
  readonly cpu: number
}

async function measure(): Promise<void> {
  const onnx = writeMlp(784, 256, 10)
  const model = join(world.folder, 'mlp.onnx')
  await writeFile(model, onnx)
  const onePort = await freePort()
  const one = world.start(process.execPath, [ONE_PROCESS, model, String(onePort)], { loud: true })
  const serving = await world.serve({ mlp: { onnx }, convolutions: { onnx: writeConvolutions(32, 64, 8) } })
  const { port } = serving
  const pids = [serving.gatewayPid, serving.replicaPid('mlp')]
  const request = tensorRequest('/v2/models/mlp/infer', [1, 784])
  const contenders = [
    {
      name: '(a) one process, onnxruntime in its handler',
      pids: [one.pid!],
      plan: { ...request, port: onePort },
    },
    { name: '(b) gateway + replica                      ', pids, plan: { ...request, port } },
    { name: '(c) gateway + replica, gRPC                ', pids, plan: { ...grpcRequest([1, 784]), port } },
  ]
  const results = contenders.map((): Round[] => [])
  for (const { plan } of contenders) await load({ ...plan, connections: CONNECTIONS, ms: 1000 })
  for (let round = 0; round < rounds; round++) {
    for (const [i, { plan, pids }] of contenders.entries()) {
      results[i]!.push(await timed(pids, { ...plan, connections: CONNECTIONS, ms: roundMs }))
    }
  }
  for (const [i, { name }] of contenders.entries()) print(name, results[i]!)
  const [a, b] = results
  const ratio = median(
    b!.map((round, i) => (round.requests / round.seconds / a![i]!.requests) * a![i]!.seconds),
  )
  console.log(`(b) / (a): ${ratio.toFixed(2)} × the requests a second (target 0.90)`)

  const heavy = tensorRequest('/v2/models/convolutions/infer', [1, 32, 64, 64])
  const health = { method: 'GET', path: '/v2/health/live', headers: {}, body: '' }
  const [flood, calm] = await Promise.all([
    load({ ...heavy, port, connections: 8, ms: roundMs + 1000 }),
    load({ ...health, port, connections: 1, ms: roundMs, pauseMs: 2 }),
  ])
  console.log(
    `health of the gateway while convolutions run (${rate(flood)}, p50 ${ms(flood.p50)}): p50 ${ms(calm.p50)}, p99 ${ms(calm.p99)} (target < 15 ms), max ${ms(calm.max)}`,
  )
}

async function timed(pids: readonly number[], plan: LoadPlan): Promise<Round> {
  const before = await cpuOf(pids)
  const result = await load(plan)
  return { ...result, cpu: ((await cpuOf(pids)) - before) / result.requests }
}

/** A ModelInferRequest: model_name, inputs (name, datatype, shape), raw_input_contents. */
function grpcRequest(shape: readonly number[]): Request & Pick<LoadPlan, 'transport'> {
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => (i % 255) / 255)
  const shapes = Buffer.concat(shape.map(varint))
  const input = [field(1, Buffer.from('x')), field(2, Buffer.from('FP32')), field(3, shapes)]
  const parts = [
    field(1, Buffer.from('mlp')),
    field(5, Buffer.concat(input)),
    field(7, Buffer.from(data.buffer)),
  ]
  return {
    transport: 'grpc',
    method: 'POST',
    path: '/inference.GRPCInferenceService/ModelInfer',
    headers: {},
    body: Buffer.concat(parts).toString('base64'),
  }
}

/** A field of protobuf that has a length. */
function field(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.of((number << 3) | 2), varint(bytes.length), bytes])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128)
  return Buffer.of(...bytes, rest)
}

function print(name: string, results: readonly Round[]): void {
  const cpu = median(results.map(result => result.cpu))
  const requests = median(results.map(result => result.requests / result.seconds))
  const p99 = median(results.map(result => result.p99))
  console.log(
    `${name}  ${requests.toFixed(0).padStart(6)} req/s  ${cpu.toFixed(0).padStart(4)} CPU-µs a request  p99 ${ms(p99)}`,
  )
}

function rate({ requests, seconds }: LoadResult): string {
  return `${(requests / seconds).toFixed(1)} a second`
}

function ms(value: number): string {
  return `${value.toFixed(2)} ms`
}
