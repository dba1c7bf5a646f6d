/**
 * Cold start: from the moment that a host hears of a version to its replica being ready, beside a fresh process that
 * loads the plain file by onnxruntime and answers once. The registry has the file whole (as it does while it is warm),
 * or only packed. Files lie in the page cache in all cases.
 *
 *   npm run build && node_modules/.bin/node bench/registry/cold-start.ts [MB …] [--times 5]       default 100 1000
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { WantedReplica } from '../../src/api/index.ts'
import { createLogger, systemClock } from '../../src/core/index.ts'
import { placeOf } from '../../src/server/registry/serving/blobs.ts'
import { openKeeper } from '../../src/server/registry/store/open.ts'
import { openSqlite } from '../../src/storage/index.ts'
import { FakeControlPlane } from '../../test/fixtures/control-plane.ts'
import { writeMlp } from '../../test/fixtures/onnx-builder.ts'
import { type MadeModel, makeModel } from './cold-start/model.ts'

const BALLAST = process.env['BALLAST_ENTRY'] ?? join(import.meta.dirname, '../../dist/ballast.js')
const PLAIN = join(import.meta.dirname, 'cold-start/plain.ts')
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { times: { type: 'string', default: '5' } },
})
const times = Number(values.times)
const sizes = positionals.map(Number)
const folder = await mkdtemp(join(tmpdir(), 'ballast-cold-start-'))

/** Milliseconds of a fresh process from its start to its first answer. */
async function plain({ path, width }: MadeModel): Promise<number> {
  const started = performance.now()
  const child = spawn(process.execPath, [PLAIN, path, String(width)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exit = once(child, 'exit')
  await once(child.stdout, 'data')
  const took = performance.now() - started
  await exit
  return took
}

let count = 0
/** Milliseconds from a host's hearing of a version to its replica being ready, on a host that served another before. */
async function replica(model: MadeModel, place: FakeControlPlane['placeOf']): Promise<number> {
  const plane = new FakeControlPlane()
  plane.placeOf = async (digest, early) => (digest === model.digest ? place(digest, early) : undefined)
  const other = plane.addBlob('model.onnx', writeMlp(4, 4, 2))
  await plane.start()
  const data = join(folder, `host-${count++}`)
  const args = [BALLAST, 'host', '--server', plane.url, '--data', data, '--name', 'bench', '--threads', '1']
  const host = spawn(process.execPath, args, {
    stdio: 'ignore',
    env: { ...process.env, BALLAST_TOKEN: plane.token },
  })
  try {
    const phaseOf = (id: string) => plane.hostReport?.replicas.find(({ replica }) => replica === id)?.phase
    await until(() => plane.hostReport !== undefined)
    plane.want([wanted('other', other)])
    await until(() => phaseOf('other') === 'ready')
    plane.want([])
    await until(() => phaseOf('other') === 'ended')
    const started = performance.now()
    plane.want([wanted('measured', model)])
    await until(() => phaseOf('measured') === 'ready')
    return performance.now() - started
  } finally {
    const exit = once(host, 'exit')
    host.kill('SIGTERM')
    await exit
    await plane.stop()
    await rm(data, { recursive: true, force: true })
  }
}

function wanted(
  replica: string,
  { digest, size }: Pick<MadeModel, 'size'> & { readonly digest: string },
): WantedReplica {
  return {
    replica,
    version: `of ${replica}`,
    versionNumber: 1,
    model: 'm',
    config: { name: 'm', task: 'generic', labels: [], preprocess: [] },
    files: [{ name: 'model.onnx', digest, size }],
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 2))
}

async function openStore(data: string) {
  await mkdir(data, { recursive: true })
  const stores = await openSqlite(join(data, 'ballast.db'))
  const settings = {
    dataDir: data,
    publicUrl: '',
    gatewayUrl: '',
    version: 'bench',
    store: { command: [process.execPath, BALLAST], warmBytes: 0 },
  }
  return openKeeper(settings, { stores, clock: systemClock, logger: createLogger('bench') })
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!

async function measure(megabytes: number): Promise<void> {
  const model = await makeModel(join(folder, `${megabytes}.onnx`), megabytes * 1e6, megabytes)
  const keeper = await openStore(join(folder, `data-${megabytes}`))
  try {
    await keeper.store.put(model.digest, createReadStream(model.path))
    await keeper.packWaiting()
    const place: FakeControlPlane['placeOf'] = (_, early) => placeOf(keeper.store, model.digest, early)
    const took = { plain: [] as number[], warm: [] as number[], packed: [] as number[] }
    for (let i = 0; i < times; i++) {
      took.plain.push(await plain(model))
      await keeper.store.materialize(model.digest)
      took.warm.push(await replica(model, place))
      const path = keeper.store.localPath(model.digest)
      // What the store itself does when it wants the room.
      if (path) await rm(path)
      took.packed.push(await replica(model, place))
    }
    const base = median(took.plain)
    const told = (name: keyof typeof took) =>
      `${name} ${median(took[name]).toFixed(0)} ms (${(median(took[name]) / base).toFixed(2)} ×)`
    console.log(`${megabytes} MB: ${told('plain')}, ${told('warm')}, ${told('packed')}; medians of ${times}`)
  } finally {
    await keeper.close()
  }
}

try {
  for (const size of sizes.length > 0 ? sizes : [100, 1000]) await measure(size)
} finally {
  await rm(folder, { recursive: true, force: true })
}
