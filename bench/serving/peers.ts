/**
 * Ballast beside the field's model servers, in one run: same model (MLP 784-256-10), same machine, same client, 32
 * connections, one after the other in turns, so that a busy machine is busy for all. Each peer gets the leanest form
 * that its documentation offers (raw bodies where it takes them, batching on, one worker: the client has the other core).
 *
 *   node bench/serving/peers.ts [rounds] [ms a round] [--python FOLDER]
 *
 * FOLDER is a virtual environment; without it one is made and the peers are installed (peers/requirements.txt, minutes).
 */
import { execFile } from 'node:child_process'
import { access, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { freePort } from '../../test/fixtures/free-port.ts'
import { writeMlp } from '../../test/fixtures/onnx-builder.ts'
import { tensorRequest } from './requests.ts'
import { cpuOf, descendantsOf, load, median, type Request, until, World } from './world.ts'

const { values, positionals } = parseArgs({ allowPositionals: true, options: { python: { type: 'string' } } })
const [rounds = 5, ms = 3000] = positionals.map(Number)
const CONNECTIONS = 32
const PEERS = new URL('./peers/', import.meta.url).pathname
const run = promisify(execFile)

interface Contender {
  readonly name: string
  readonly python: boolean
  readonly port: number
  readonly request: Request
  pids(): Promise<readonly number[]>
}

interface Round {
  /** Good answers a second. */
  readonly rate: number
  readonly failures: number
  readonly cpu: number
  readonly p99: number
}

const row = Float32Array.from({ length: 784 }, (_, i) => (i % 255) / 255)
const raw = Buffer.from(row.buffer)
const numbers = Array.from(row, value => Math.fround(value))
const json = (value: unknown) => Buffer.from(JSON.stringify(value))
const post = (path: string, type: string, body: Buffer, headers = {}): Request => ({
  method: 'POST',
  path,
  headers: { 'content-type': type, ...headers },
  body: body.toString('base64'),
})

const world = await World.open()
try {
  await measure(await contenders())
} finally {
  await world.close()
}

async function contenders(): Promise<readonly Contender[]> {
  const model = join(world.folder, 'mlp.onnx')
  const onnx = writeMlp(784, 256, 10)
  await writeFile(model, onnx)
  const python = await environment()
  const serving = await world.serve({ mlp: { onnx } })
  const ballast = [serving.gatewayPid, serving.replicaPid('mlp')]
  const found: Contender[] = [
    {
      name: 'Ballast: gateway + replica, OIP binary',
      python: false,
      port: serving.port,
      request: tensorRequest('/v2/models/mlp/infer', [1, 784]),
      pids: async () => ballast,
    },
    {
      name: 'Ballast: gateway + replica, OIP JSON',
      python: false,
      port: serving.port,
      request: oipJson('/v2/models/mlp/infer'),
      pids: async () => ballast,
    },
    await node(model),
  ]
  for (const start of [uvicorn, litserve, bentoml, mlserver]) {
    try {
      found.push(await start(python, model))
    } catch (error) {
      console.log(`${start.name}: did not start (${error instanceof Error ? error.message : error})`)
    }
  }
  return found
}

function oipJson(path: string): Request {
  const input = { name: 'x', shape: [1, 784], datatype: 'FP32', data: numbers }
  return post(path, 'application/json', json({ inputs: [input] }))
}

async function node(model: string): Promise<Contender> {
  const port = await freePort()
  const script = new URL('../predictions/one-process.ts', import.meta.url).pathname
  return ready(world.start(process.execPath, [script, model, String(port)]), {
    name: 'onnxruntime-node in a node:http handler, OIP binary',
    python: false,
    port,
    request: tensorRequest('/v2/models/mlp/infer', [1, 784]),
  })
}

async function uvicorn(python: string, model: string): Promise<Contender> {
  const port = await freePort()
  return ready(world.start(python, [join(PEERS, 'raw.py'), model, String(port)]), {
    name: 'onnxruntime in uvicorn, raw bytes',
    python: true,
    port,
    request: post('/', 'application/octet-stream', raw),
  })
}

async function litserve(python: string, model: string): Promise<Contender> {
  const port = await freePort()
  return ready(world.start(python, [join(PEERS, 'lit.py'), model, String(port)]), {
    name: 'LitServe, batches, JSON',
    python: true,
    port,
    request: post('/predict', 'application/json', json({ x: numbers })),
  })
}

async function bentoml(python: string, model: string): Promise<Contender> {
  const port = await freePort()
  const program = join(python, '..', 'bentoml')
  const args = ['serve', 'bento:Mlp', '--port', String(port), '--host', '127.0.0.1']
  const child = world.start(program, args, {
    cwd: PEERS,
    env: { MODEL: model, BENTOML_DO_NOT_TRACK: 'True', BENTOML_HOME: join(world.folder, 'bento') },
  })
  return ready(child, {
    name: 'BentoML, adaptive batches, JSON',
    python: true,
    port,
    request: post('/predict', 'application/json', json({ x: [numbers] })),
  })
}

async function mlserver(python: string, model: string): Promise<Contender> {
  const [port, grpc, metrics] = [await freePort(), await freePort(), await freePort()]
  const folder = join(world.folder, 'mlserver')
  await mkdir(folder)
  const settings = {
    host: '127.0.0.1',
    http_port: port,
    grpc_port: grpc,
    metrics_port: metrics,
    parallel_workers: 0,
    debug: false,
  }
  await writeFile(join(folder, 'settings.json'), JSON.stringify(settings))
  const batching = { max_batch_size: 32, max_batch_time: 0.001 }
  const settingsOfModel = { name: 'mlp', implementation: 'ml.Mlp', parameters: { uri: model }, ...batching }
  await writeFile(join(folder, 'model-settings.json'), JSON.stringify(settingsOfModel))
  const child = world.start(join(python, '..', 'mlserver'), ['start', folder], { env: { PYTHONPATH: PEERS } })
  return ready(child, {
    name: 'MLServer, adaptive batches, OIP JSON',
    python: true,
    port,
    request: oipJson('/v2/models/mlp/infer'),
  })
}

/** Once it gives one good answer. */
async function ready(
  child: ReturnType<World['start']>,
  contender: Omit<Contender, 'pids'>,
): Promise<Contender> {
  const { port, request } = contender
  const answers = async (): Promise<boolean> => {
    if (child.exitCode !== null) throw new Error(`it ended with status ${child.exitCode}`)
    const answer = await fetch(`http://127.0.0.1:${port}${request.path}`, {
      method: 'POST',
      headers: request.headers,
      body: Buffer.from(request.body, 'base64'),
    }).catch(() => undefined)
    await answer?.arrayBuffer()
    return answer?.status === 200
  }
  await until(answers, 'no good answer')
  return { ...contender, pids: () => descendantsOf(child) }
}

async function measure(all: readonly Contender[]): Promise<void> {
  const results = new Map<Contender, Round[]>(all.map(each => [each, []]))
  for (const each of all) await loaded(each, 1000)
  for (let round = 0; round < rounds; round++) {
    for (const each of all) {
      const pids = await each.pids()
      const before = await cpuOf(pids)
      const { requests, failures, seconds, p99 } = await loaded(each, ms)
      const cpu = ((await cpuOf(pids)) - before) / requests
      results.get(each)!.push({ rate: (requests - failures) / seconds, cpu, p99, failures })
    }
  }
  const rows = all.map(each => ({ each, ...medians(results.get(each)!) }))
  for (const { each, rate, cpu, p99, failures } of rows) {
    const failed = failures > 0 ? `, ${failures} failed a round` : ''
    console.log(
      `${each.name.padEnd(52)} ${rate.toFixed(0).padStart(6)} req/s  ${cpu.toFixed(0).padStart(5)} CPU-µs a request  p99 ${p99.toFixed(2)} ms${failed}`,
    )
  }
  const best = rows.filter(({ each }) => each.python).toSorted((a, b) => b.rate - a.rate)[0]
  if (best === undefined) return
  for (const { each, rate, p99 } of rows.slice(0, 2)) {
    console.log(
      `${each.name} / ${best.each.name}: ${(rate / best.rate).toFixed(2)} × the requests a second (target 5), p99 ${p99.toFixed(2)} against ${best.p99.toFixed(2)} ms`,
    )
  }
}

/** Peers may shed load; Ballast may not fail here. */
function loaded({ python, port, request }: Contender, ms: number): ReturnType<typeof load> {
  return load({ ...request, port, ms, connections: CONNECTIONS }, python ? 'count' : 'throw')
}

function medians(measured: readonly Round[]): Round {
  return {
    rate: median(measured.map(({ rate }) => rate)),
    cpu: median(measured.map(({ cpu }) => cpu)),
    p99: median(measured.map(({ p99 }) => p99)),
    failures: median(measured.map(({ failures }) => failures)),
  }
}

/** The interpreter of the given environment, or of one that is made here. */
async function environment(): Promise<string> {
  const folder = values.python ?? join(import.meta.dirname, '../../node_modules/.cache/peers')
  const python = join(folder, 'bin/python')
  const there = await access(python).then(
    () => true,
    () => false,
  )
  if (!there) {
    console.log('installing the peers …')
    await run('python3', ['-m', 'venv', folder])
    await run(python, ['-m', 'pip', 'install', '-q', '-r', join(PEERS, 'requirements.txt')])
  }
  return python
}
