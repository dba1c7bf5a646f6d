/**
 * What the request log costs on the path of predictions: CPU time of gateway and replica a request, of one route without
 * a log, with the default sample, and with every request, in rounds that alternate. MLP 784-256-10; tensors of 3,136
 * bytes in binary, and a short one in JSON, which is logged in full.
 *
 *   node bench/serving/request-log.ts [rounds] [ms a round] [connections]
 */
import { readdir, readFile } from 'node:fs/promises'
import type { RouteTraffic, RoutingTable } from '../../src/api/index.ts'
import { writeMlp } from '../../test/fixtures/onnx-builder.ts'
import { ServingWorld } from '../../test/fixtures/serving-world.ts'
import type { LoadResult } from '../predictions/result.ts'
import { tensorRequest } from './requests.ts'
import { load, median, type Request } from './world.ts'

const [rounds = 25, roundMs = 400, connections = 8] = process.argv.slice(2).map(Number)
type Log = NonNullable<RouteTraffic['log']>

interface Round extends LoadResult {
  /** CPU time, microseconds a request. */
  readonly gateway: number
  readonly replica: number
}

const world = new ServingWorld()
await world.start()
try {
  await world.serve([aReplica('binary', 784), aReplica('json', 16)])
  await measure(
    'tensors of 3,136 bytes, binary',
    tensorRequest('/v2/models/binary/infer', [1, 784]),
    'binary',
  )
  await measure('tensors of 16 values, JSON', jsonRequest('/v2/models/json/infer', 16), 'json')
  const { body } = await world.call('/metrics')
  for (const line of String(body).matchAll(/^ballast_request_log_records.*$/gm)) console.log(line[0])
} finally {
  await world.stop()
}

async function measure(title: string, request: Request, model: string): Promise<void> {
  const logs = { 'no log': undefined, 'sample 10%': aLog(0.1), 'sample 100%': aLog(1) }
  const results = new Map<string, Round[]>()
  const [gateway, replica] = [world.pid('gateway'), world.replica(model)!.pid!]
  for (let round = -2; round < rounds; round++) {
    for (const [name, log] of Object.entries(logs)) {
      await world.route([aRoute(model, log)])
      const before = [await nanosecondsOf(gateway), await nanosecondsOf(replica)] as const
      const result = await load({ ...request, port: world.port, connections, ms: roundMs })
      // The first are for the compilers.
      if (round < 0) continue
      const each = (now: number, then: number) => (now - then) / 1000 / result.requests
      const cpu = {
        gateway: each(await nanosecondsOf(gateway), before[0]),
        replica: each(await nanosecondsOf(replica), before[1]),
      }
      results.set(name, [...(results.get(name) ?? []), { ...result, ...cpu }])
    }
  }
  console.log(title)
  const base = results.get('no log')!
  for (const [name, all] of results) {
    const of = (figure: (round: Round) => number) => median(all.map(figure)).toFixed(1)
    // A log is the gateway's work alone: what the replica needed at that moment is noise.
    const more = median(all.map(({ gateway }, i) => (gateway - base[i]!.gateway) / pathOf(base[i]!)))
    console.log(
      `  ${name.padEnd(12)} gateway ${of(r => r.gateway)}, replica ${of(r => r.replica)} CPU-µs a request: ${(more * 100).toFixed(1)} % more of both  p50 ${of(r => r.p50)} ms`,
    )
  }
}

function pathOf({ gateway, replica }: Round): number {
  return gateway + replica
}

/** CPU time of a process, all its threads: /proc counts it finer here than in ticks. */
async function nanosecondsOf(pid: number): Promise<number> {
  let sum = 0
  for (const thread of await readdir(`/proc/${pid}/task`)) {
    const text = await readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').catch(() => '0')
    sum += Number(text.split(' ')[0])
  }
  return sum
}

function aLog(share: number): Log {
  return { share, redact: ['user.email', 'inputs.image'], bodies: false, keepMs: 86_400_000, limitBytes: 1e9 }
}

function jsonRequest(path: string, length: number): Request {
  const data = Array.from({ length }, (_, i) => i / 16)
  const body = { inputs: [{ name: 'x', shape: [1, length], datatype: 'FP32', data }] }
  return {
    method: 'POST',
    path,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(body)).toString('base64'),
  }
}

function aReplica(model: string, inputs: number) {
  return {
    replica: model,
    version: `ver_${model}`,
    versionNumber: 1,
    model,
    config: { name: model, task: 'generic', labels: [], preprocess: [] },
    files: [world.plane.addBlob('model.onnx', writeMlp(inputs, 256, 10))],
  }
}

function aRoute(model: string, log: Log | undefined): RoutingTable['routes'][number] {
  return {
    model,
    environment: 'production',
    project: 'bench',
    predictions: 'public',
    arms: [{ ...world.arm('stable', 1, 1, [model]), version: `ver_${model}` }],
    standby: [],
    ...(log && { traffic: { log } }),
  }
}
