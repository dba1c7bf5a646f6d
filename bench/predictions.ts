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
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FakeControlPlane } from '../test/fixtures/control-plane.ts'
import { writeConvolutions, writeMlp } from '../test/fixtures/onnx-builder.ts'
import type { LoadResult } from './predictions/load.ts'

const [rounds = 5, roundMs = 3000] = process.argv.slice(2).map(Number)
const CONNECTIONS = 32
const TICKS_PER_SECOND = 100
const here = (path: string) => new URL(path, import.meta.url).pathname
const folder = await mkdtemp(join(tmpdir(), 'predictions-'))
const children: ChildProcess[] = []
const plane = new FakeControlPlane()

try {
  await measure()
} finally {
  for (const child of children) child.kill('SIGTERM')
  await Promise.all(children.map(child => child.exitCode ?? child.signalCode ?? once(child, 'exit')))
  await plane.stop()
  await rm(folder, { recursive: true, force: true })
}

interface Round extends LoadResult {
  /** Of the serving processes, microseconds a request. */
  readonly cpu: number
}

async function measure(): Promise<void> {
  const mlp = writeMlp(784, 256, 10)
  const model = join(folder, 'mlp.onnx')
  await writeFile(model, mlp)
  const [onePort, gatewayPort] = [await freePort(), await freePort()]
  const one = start('one', [here('./predictions/one-process.ts'), model, String(onePort)])
  const { gateway, replicaPid } = await startServing(gatewayPort, {
    mlp: mlp,
    convolutions: writeConvolutions(32, 64, 8),
  })
  const mlpPids = [gateway.pid!, replicaPid('mlp')]

  const request = tensorRequest([1, 784], '/v2/models/mlp/infer')
  await load({ ...request, port: onePort, ms: 1000 })
  await load({ ...request, port: gatewayPort, ms: 1000 })
  const a: Round[] = []
  const b: Round[] = []
  const c: Round[] = []
  const message = grpcRequest([1, 784])
  await load({ ...message, port: gatewayPort, ms: 1000 })
  for (let round = 0; round < rounds; round++) {
    a.push(await timed([one.pid!], { ...request, port: onePort, ms: roundMs }))
    b.push(await timed(mlpPids, { ...request, port: gatewayPort, ms: roundMs }))
    c.push(await timed(mlpPids, { ...message, port: gatewayPort, ms: roundMs }))
  }
  print('(a) one process, onnxruntime in its handler', a)
  print('(b) gateway + replica                      ', b)
  print('(c) gateway + replica, gRPC                ', c)
  const ratio = median(b.map((round, i) => (round.requests / round.seconds / a[i]!.requests) * a[i]!.seconds))
  console.log(`(b) / (a): ${ratio.toFixed(2)} × the requests a second (target 0.90)`)

  const heavy = tensorRequest([1, 32, 64, 64], '/v2/models/convolutions/infer')
  const health = { method: 'GET', path: '/v2/health/live', headers: {}, body: '' }
  const [flood, calm] = await Promise.all([
    load({ ...heavy, port: gatewayPort, connections: 8, ms: roundMs + 1000 }),
    load({ ...health, port: gatewayPort, connections: 1, ms: roundMs, pauseMs: 2 }),
  ])
  console.log(
    `health of the gateway while convolutions run (${rate(flood)}, p50 ${ms(flood.p50)}): p50 ${ms(calm.p50)}, p99 ${ms(calm.p99)} (target < 15 ms), max ${ms(calm.max)}`,
  )
}

async function startServing(port: number, models: Readonly<Record<string, Uint8Array>>) {
  await plane.start()
  const names = Object.keys(models)
  plane.wanted = {
    revision: 1,
    replicas: names.map(model => ({
      replica: model,
      version: `ver_${model}`,
      versionNumber: 1,
      model,
      config: { name: model, task: 'generic', labels: [], preprocess: [] },
      files: [plane.addBlob('model.onnx', models[model]!)],
    })),
  }
  const agent = (role: string, ...more: string[]) => {
    const args = [
      here('../src/cli/main.ts'),
      role,
      '--server',
      plane.url,
      '--data',
      join(folder, role),
      ...more,
    ]
    return start(role, args)
  }
  agent('host', '--threads', '1')
  const gateway = agent('gateway', '--listen', `127.0.0.1:${port}`)
  const replica = (id: string) => plane.hostReport?.replicas.find(each => each.replica === id)
  await until(() => names.every(name => replica(name)?.phase === 'ready'))
  const revision = plane.route(
    names.map(model => ({
      model,
      environment: 'production',
      project: 'bench',
      predictions: 'public' as const,
      standby: [],
      arms: [
        {
          arm: 'stable' as const,
          version: `ver_${model}`,
          versionNumber: 1,
          weight: 1,
          replicas: [{ replica: model, address: replica(model)!.address! }],
        },
      ],
    })),
  )
  await until(() => plane.gatewayReport?.revision === revision)
  return { gateway, replicaPid: (id: string) => replica(id)!.pid! }
}

function tensorRequest(shape: readonly number[], path: string) {
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => (i % 255) / 255)
  const head = Buffer.from(
    JSON.stringify({
      inputs: [{ name: 'x', shape, datatype: 'FP32', parameters: { binary_data_size: data.byteLength } }],
      parameters: { binary_data_output: true },
    }),
  )
  const body = Buffer.concat([head, Buffer.from(data.buffer)]).toString('base64')
  const headers = {
    'content-type': 'application/octet-stream',
    'inference-header-content-length': String(head.length),
  }
  return { method: 'POST', path, headers, body }
}

/** A ModelInferRequest: model_name, inputs (name, datatype, shape), raw_input_contents. */
function grpcRequest(
  shape: readonly number[],
): Pick<LoadPlan, 'script' | 'method' | 'path' | 'headers' | 'body'> {
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => (i % 255) / 255)
  const shapes = Buffer.concat(shape.map(varint))
  const input = [field(1, Buffer.from('x')), field(2, Buffer.from('FP32')), field(3, shapes)]
  const parts = [
    field(1, Buffer.from('mlp')),
    field(5, Buffer.concat(input)),
    field(7, Buffer.from(data.buffer)),
  ]
  return {
    script: './predictions/load-grpc.ts',
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

interface LoadPlan {
  readonly script?: string
  readonly method: string
  readonly port: number
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly ms: number
  readonly connections?: number
  readonly pauseMs?: number
}

async function load({ script = './predictions/load.ts', ...plan }: LoadPlan): Promise<LoadResult> {
  const child = spawn(process.execPath, [here(script)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.end(JSON.stringify({ connections: CONNECTIONS, pauseMs: 0, ...plan }))
  let text = ''
  child.stdout.on('data', chunk => {
    text += chunk
  })
  await once(child, 'close')
  const result = JSON.parse(text) as LoadResult
  if (result.failures > 0)
    throw new Error(`${result.failures} of ${result.requests} requests failed at ${plan.path}`)
  return result
}

async function timed(pids: readonly number[], plan: LoadPlan): Promise<Round> {
  const before = await cpuOf(pids)
  const result = await load(plan)
  return { ...result, cpu: ((await cpuOf(pids)) - before) / result.requests }
}

/** User and system time of processes, in microseconds. */
async function cpuOf(pids: readonly number[]): Promise<number> {
  let ticks = 0
  for (const pid of pids) {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    ticks += Number(fields[11]) + Number(fields[12])
  }
  return (ticks / TICKS_PER_SECOND) * 1e6
}

function start(name: string, args: readonly string[]): ChildProcess {
  const env = { ...process.env, BALLAST_TOKEN: plane.token, BALLAST_LOG: 'warn' }
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'], env })
  child.once('exit', code => {
    if (code) console.error(`${name} ended with status ${code}`)
  })
  children.push(child)
  return child
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function until(condition: () => boolean): Promise<void> {
  const limit = performance.now() + 30_000
  while (!condition()) {
    if (performance.now() > limit) throw new Error('the processes were not ready within 30 s')
    await new Promise(resolve => setTimeout(resolve, 20))
  }
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

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
