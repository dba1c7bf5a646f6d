/**
 * What a canary with a tenth of the traffic and a mirror that gets all of it cost those who wait: p50 and p99 of one
 * route without them, with the canary, and with both, in rounds that alternate. Callers pause between requests, so that
 * a processor is free where the machine has one; MLP 784-256-10, binary tensors of 3,136 bytes.
 *
 *   node bench/serving/mirror.ts [rounds] [ms a round] [connections] [pause in ms]
 */
import type { RoutingTable, WantedReplica } from '../../src/api/index.ts'
import { writeMlp } from '../../test/fixtures/onnx-builder.ts'
import { ServingWorld } from '../../test/fixtures/serving-world.ts'
import type { LoadResult } from '../predictions/result.ts'
import { tensorRequest } from './requests.ts'
import { load, median } from './world.ts'

const [rounds = 5, roundMs = 3000, connections = 4, pauseMs = 2] = process.argv.slice(2).map(Number)
type Route = RoutingTable['routes'][number]

const request = tensorRequest('/v2/models/mlp/infer', [1, 784])
const world = new ServingWorld()
await world.start()
try {
  await measure()
} finally {
  await world.stop()
}

async function measure(): Promise<void> {
  await world.serve(['stable', 'canary', 'mirror'].map(aReplica))
  const stable = (weight: number) => world.arm('stable', 1, weight, ['stable'])
  const canary = world.arm('canary', 2, 0.1, ['canary'])
  const { arm: _arm, weight: _weight, ...version } = world.arm('canary', 3, 0, ['mirror'])
  const mirror = { ...version, share: 1, keep: 'digests' as const }
  const routes = {
    'stable alone       ': aRoute([stable(1)]),
    'with a canary      ': aRoute([stable(0.9), canary]),
    'with canary, mirror': { ...aRoute([stable(0.9), canary]), traffic: { mirror } },
  }
  const results = new Map<string, LoadResult[]>()
  for (let round = -1; round < rounds; round++) {
    for (const [name, route] of Object.entries(routes)) {
      await world.route([route])
      const result = await load({ ...request, port: world.port, connections, pauseMs, ms: roundMs })
      // The first is for the compilers.
      if (round >= 0) results.set(name, [...(results.get(name) ?? []), result])
    }
  }
  for (const [name, each] of results) {
    const of = (figure: (result: LoadResult) => number) => median(each.map(figure))
    const rate = of(({ requests, seconds }) => requests / seconds).toFixed(0)
    console.log(
      `${name}  ${rate} req/s  p50 ${of(r => r.p50).toFixed(2)} ms  p99 ${of(r => r.p99).toFixed(2)} ms`,
    )
  }
  const [alone, , both] = [...results.values()]
  const ratio = median(both!.map((result, i) => result.p99 / alone![i]!.p99))
  const mirrors = world.plane.gatewayReport?.mirrors ?? []
  const sum = (figure: 'pairs' | 'dropped') => mirrors.reduce((total, each) => total + each[figure], 0)
  console.log(`p99 with both / alone: ${ratio.toFixed(2)} (target 1.10 with a free core)`)
  console.log(`mirrored ${sum('pairs')}, not mirrored ${sum('dropped')}`)
}

function aReplica(replica: string, i: number): WantedReplica {
  return {
    replica,
    version: `ver_${i + 1}`,
    versionNumber: i + 1,
    model: 'mlp',
    config: { name: 'mlp', task: 'generic', labels: [], preprocess: [] },
    files: [world.plane.addBlob('model.onnx', writeMlp(784, 256, 10, i + 1))],
  }
}

function aRoute(arms: Route['arms']): Route {
  return {
    model: 'mlp',
    environment: 'production',
    project: 'bench',
    predictions: 'public',
    arms,
    standby: [],
  }
}
