/**
 * What a 10 % canary and a full shadow cost those who are answered: latencies at a fixed rate with one version alone,
 * and with 10 % of the traffic on a second version and all of it mirrored to a third. In turns; the rate leaves a core
 * free.
 *
 *   node bench/serving/shadow.ts [rounds] [rate a second] [seconds a round]
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { RoutingTable } from '../../src/api/index.ts'
import { writeMlp } from '../../test/fixtures/onnx-builder.ts'
import { ServingWorld } from '../../test/fixtures/serving-world.ts'
import { median } from './world.ts'

const [rounds = 5, rate = 200, seconds = 4] = process.argv.slice(2).map(Number)
const VERSIONS = [1, 2, 3]
const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname
const run = promisify(execFile)

type Route = RoutingTable['routes'][number]

const world = new ServingWorld()
await world.start()
try {
  await measure()
} finally {
  await world.stop()
}

async function measure(): Promise<void> {
  await world.serve(
    VERSIONS.map(version => ({
      replica: idOf(version),
      version: `ver_${version}`,
      versionNumber: version,
      model: 'mlp',
      config: { name: 'mlp', task: 'generic', labels: [], preprocess: [] },
      files: [world.plane.addBlob('model.onnx', writeMlp(784, 256, 10, version))],
    })),
  )
  const alone = [route([world.arm('stable', 1, 1, [idOf(1)])])]
  const shared = [
    route([world.arm('stable', 1, 0.9, [idOf(1)]), world.arm('canary', 2, 0.1, [idOf(2)])], {
      mirror: { version: 'ver_3', versionNumber: 3, share: 1, keep: 'digests', replicas: replicasOf(3) },
    }),
  ]
  await world.route(alone)
  await latencies()
  const p99 = { alone: [] as number[], shared: [] as number[] }
  const p50 = { alone: [] as number[], shared: [] as number[] }
  for (let round = 0; round < rounds; round++) {
    for (const [name, routes] of [
      ['alone', alone],
      ['shared', shared],
    ] as const) {
      await world.route(routes)
      const found = await latencies()
      p50[name].push(found.p50)
      p99[name].push(found.p99)
    }
  }
  for (const [name, words] of [
    ['alone', 'one version'],
    ['shared', '10 % canary, all mirrored'],
  ] as const) {
    console.log(
      `${words.padEnd(26)} p50 ${median(p50[name]).toFixed(2)} ms  p99 ${median(p99[name]).toFixed(2)} ms`,
    )
  }
  const ratio = median(p99.shared.map((value, i) => value / p99.alone[i]!))
  console.log(`p99 with / without: ${ratio.toFixed(2)} (target 1.1), at ${rate} requests a second`)
}

function route(arms: Route['arms'], traffic?: Route['traffic']): Route {
  const where = { model: 'mlp', environment: 'production', project: 'bench', predictions: 'public' } as const
  return { ...where, arms, standby: [], ...(traffic && { traffic }) }
}

function idOf(version: number): string {
  return `rep_${version}`
}

function replicasOf(version: number): Route['arms'][number]['replicas'] {
  return [{ replica: idOf(version), address: world.replica(idOf(version))!.address! }]
}

/** By `ballast bench`: a fixed rate, latencies from when a request was to be sent. */
async function latencies(): Promise<{ readonly p50: number; readonly p99: number }> {
  const url = `http://127.0.0.1:${world.port}/v2/models/mlp`
  const args = ['bench', url, '--rate', `${rate}/s`, '--duration', `${seconds}s`, '--json']
  const { stdout } = await run(process.execPath, [MAIN, ...args])
  const { latencyMs } = JSON.parse(stdout) as { latencyMs: Record<'p50' | 'p99', number> }
  return latencyMs
}
