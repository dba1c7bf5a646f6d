/**
 * What the engine costs, side by side in one run; rounds alternate, so that a busy machine is busy for all.
 *
 *   MLP 784-256-10, binary tensors, 32 at once: a server that parses and computes nothing; one that calls session.run
 *   for each request; a replica alone (frames over its own socket: no HTTP); gateway and replica.
 *   ResNet-18-like and BERT-like, 8 at once: a replica alone beside onnxruntime in a loop, CPU by the item; and how
 *   long the replica takes meanwhile to say how it is.
 *
 *   node bench/serving/engine.ts [rounds] [ms a round]
 *
 * The load's own process needs a processor too: requests a second are compared on a machine with two free ones.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../test/fixtures/free-port.ts'
import { writeMlp } from '../../test/fixtures/onnx-builder.ts'
import type { FrameLoadResult } from './engine/frame-load.ts'
import { writeBert, writeResNet18 } from './engine/models.ts'
import { tensorRequest } from './requests.ts'
import { cpuOf, load, median, until, World } from './world.ts'

const [rounds = 5, ms = 3000] = process.argv.slice(2).map(Number)
const here = (path: string) => new URL(path, import.meta.url).pathname
const BALLAST = here('../../src/cli/main.ts')

interface Round {
  readonly rate: number
  readonly cpu: number
  readonly p99: number
}

interface Contender {
  readonly name: string
  round(): Promise<Round>
}

const world = await World.open()
const children: ChildProcess[] = []
try {
  await small()
  await large('ResNet-18-like', writeResNet18(), 'x', 'FP32', [1, 3, 224, 224])
  await large('BERT-like', writeBert(), 'ids', 'INT64', [1, 128])
} finally {
  for (const child of children) child.kill('SIGTERM')
  await Promise.all(children.map(child => child.exitCode ?? child.signalCode ?? once(child, 'exit')))
  await world.close()
}

async function small(): Promise<void> {
  const onnx = writeMlp(784, 256, 10)
  const request = tensorRequest('/', [1, 784])
  const replica = await startReplica('mlp', onnx)
  const [noOp, one] = [await freePort(), await freePort()]
  const processes = {
    noOp: world.start(process.execPath, [here('./engine/no-op.ts'), String(noOp)]),
    one: world.start(process.execPath, [here('../predictions/one-process.ts'), replica.model, String(one)]),
  }
  const serving = await world.serve({ mlp: { onnx } })
  const http = (name: string, port: number, path: string, pids: readonly number[]): Contender => ({
    name,
    round: () => timed(pids, () => load({ ...request, path, port, ms, connections: 32 })),
  })
  const contenders = [
    http('no-op that parses', noOp, '/', [processes.noOp.pid!]),
    http('session.run in its handler', one, '/', [processes.one.pid!]),
    {
      name: 'replica alone, by frames',
      round: () => timed([replica.child.pid!], () => frames(replica, request, 32)),
    },
    http('gateway + replica', serving.port, '/v2/models/mlp/infer', [
      serving.gatewayPid,
      serving.replicaPid('mlp'),
    ]),
  ]
  await until(() => answers(noOp, request), 'the no-op does not answer')
  await until(() => answers(one, request), 'the one process does not answer')
  const all = await alternate(contenders)
  console.log('MLP 784-256-10, 32 at once')
  for (const [i, { name }] of contenders.entries()) print(name, all[i]!)
  const [floor, yardstick, alone, whole] = all as [Round[], Round[], Round[], Round[]]
  ratio('replica alone / session.run, requests a second (>= 1.6)', alone, yardstick, 'rate')
  ratio('gateway + replica / session.run, requests a second (>= 1.0)', whole, yardstick, 'rate')
  ratio('replica alone / no-op, CPU a request (<= 1.3)', alone, floor, 'cpu')
  ratio('gateway + replica / no-op, CPU a request (<= 2.2)', whole, floor, 'cpu')
}

async function large(
  name: string,
  onnx: Uint8Array,
  input: string,
  datatype: 'FP32' | 'INT64',
  shape: readonly number[],
): Promise<void> {
  const replica = await startReplica(name, onnx)
  const request = tensorRequest('/', shape, { name: input, datatype })
  const ratios: number[] = []
  let bareCpu = Number.NaN
  let ownCpu = Number.NaN
  for (let round = 0; round < rounds; round++) {
    const bare = JSON.parse(
      await outputOf([here('./engine/bare.ts'), replica.model, shape.join(), String(ms)]),
    ) as {
      cpu: number
    }
    const before = await cpuOf([replica.child.pid!])
    const { requests } = await frames(replica, request, 8)
    ownCpu = ((await cpuOf([replica.child.pid!])) - before) / requests
    bareCpu = bare.cpu
    ratios.push(ownCpu / bareCpu)
  }
  console.log(`${name}, 8 at once, batch of up to ${replica.batchRows()}`)
  console.log(
    `  CPU an item: replica ${(ownCpu / 1000).toFixed(2)} ms, onnxruntime in a loop ${(bareCpu / 1000).toFixed(2)} ms; median ratio ${median(ratios).toFixed(3)} (<= 1.05)`,
  )
  // By itself: to ask costs CPU too.
  const { p50, p99, max } = (await frames(replica, request, 8, true)).status
  console.log(
    `  status meanwhile: p50 ${p50.toFixed(2)}, p99 ${p99.toFixed(2)}, max ${max.toFixed(2)} ms (p99 <= 15)`,
  )
  replica.child.kill('SIGTERM')
}

async function startReplica(name: string, onnx: Uint8Array) {
  const model = join(world.folder, `${name}.onnx`)
  const socket = join(world.folder, `${name}.s`)
  const spec = join(world.folder, `${name}.json`)
  await writeFile(model, onnx)
  const config = { name, task: 'generic', labels: [], preprocess: [] }
  await writeFile(
    spec,
    JSON.stringify({
      replica: name,
      version: 'v',
      versionNumber: 1,
      model: name,
      socketPath: socket,
      modelPath: model,
      config,
    }),
  )
  const child = spawn(process.execPath, [BALLAST, 'replica', '--spec', spec], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.on('data', chunk => {
    text += chunk
  })
  children.push(child)
  await until(() => text.includes('ready'), `the replica of ${name} was not ready`)
  return { child, model, socket, batchRows: () => /up to (\d+) rows/.exec(text)?.[1] ?? '?' }
}

async function frames(
  { socket }: { readonly socket: string },
  { headers, body }: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
  connections: number,
  status = false,
): Promise<FrameLoadResult> {
  const plan = JSON.stringify({ socket, headers, body, connections, ms, status })
  const result = JSON.parse(await outputOf([here('./engine/frame-load.ts')], plan)) as FrameLoadResult
  if (result.failures > 0) throw new Error(`${result.failures} of ${result.requests} requests failed`)
  return result
}

async function outputOf(args: readonly string[], input = ''): Promise<string> {
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(input)
  let text = ''
  child.stdout.on('data', chunk => {
    text += chunk
  })
  await once(child, 'close')
  return text
}

async function alternate(contenders: readonly Contender[]): Promise<Round[][]> {
  const all: Round[][] = contenders.map(() => [])
  for (const { round } of contenders) await round()
  for (let i = 0; i < rounds; i++) {
    for (const [at, { round }] of contenders.entries()) all[at]!.push(await round())
  }
  return all
}

async function timed(
  pids: readonly number[],
  run: () => Promise<{ readonly requests: number; readonly seconds: number; readonly p99: number }>,
): Promise<Round> {
  const before = await cpuOf(pids)
  const { requests, seconds, p99 } = await run()
  return { rate: requests / seconds, cpu: ((await cpuOf(pids)) - before) / requests, p99 }
}

async function answers(
  port: number,
  request: { headers: Record<string, string>; body: string },
): Promise<boolean> {
  try {
    const body = Buffer.from(request.body, 'base64')
    return (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers: request.headers, body })).ok
  } catch {
    return false
  }
}

function print(name: string, results: readonly Round[]): void {
  const of = (key: keyof Round) => median(results.map(result => result[key]))
  console.log(
    `  ${name.padEnd(28)} ${of('rate').toFixed(0).padStart(6)} req/s  ${of('cpu').toFixed(1).padStart(6)} CPU-µs a request  p99 ${of('p99').toFixed(2)} ms`,
  )
}

/** Of the rounds, one by one: what disturbed one disturbed its neighbour. */
function ratio(what: string, a: readonly Round[], b: readonly Round[], key: 'rate' | 'cpu'): void {
  console.log(`  ${what}: ${median(a.map((round, i) => round[key] / b[i]![key])).toFixed(2)}`)
}
