import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freePort } from '../fixtures/free-port.ts'
import { writeMlp } from '../fixtures/onnx-builder.ts'

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname
const DIGITS = new URL('../fixtures/convert/chapter/sklearn/model.pkl.gz', import.meta.url).pathname
const BODY = JSON.stringify({ inputs: [{ name: 'x', shape: [1, 4], datatype: 'FP32', data: [1, 2, 3, 4] }] })

let folder: string
const running: Serving[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'serve-'))
  await mkdir(join(folder, 'tmp'))
})
afterEach(async () => {
  for (const serving of running.splice(0)) await serving.end('SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

interface Summary {
  readonly url: string
  readonly models: readonly {
    readonly name: string
    readonly versions: readonly number[]
    readonly example?: string
  }[]
  readonly failures: readonly { readonly name: string; readonly code: string; readonly message: string }[]
}

/** `ballast serve … --json` in a process of its own. */
class Serving {
  readonly child: ChildProcess
  readonly #lines: Interface
  readonly #errors: Promise<string>

  constructor(...args: readonly string[]) {
    this.child = spawn(process.execPath, [MAIN, 'serve', ...args, '--json', '--port', '0'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TMPDIR: join(folder, 'tmp') },
    })
    this.#lines = createInterface({ input: this.child.stdout! })
    this.#errors = text(this.child.stderr!)
    running.push(this)
  }

  /** The next line; what it said of errors where it ended instead. */
  async line<Line = Record<string, unknown>>(): Promise<Line> {
    const ended = once(this.child, 'exit').then(async () => {
      throw new Error(`it ended: ${await this.#errors}`)
    })
    const [line] = (await Promise.race([once(this.#lines, 'line'), ended])) as [string]
    ended.catch(() => undefined)
    return JSON.parse(line) as Line
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode
    const exit = once(this.child, 'exit')
    this.child.kill(signal)
    const [code] = (await exit) as [number | null]
    return code
  }
}

interface Answered {
  readonly model_version: string
  readonly outputs: readonly { readonly name: string; readonly shape: readonly number[] }[]
}

async function infer(url: string, model: string, path = ''): Promise<{ status: number; body: Answered }> {
  const response = await fetch(`${url}/v2/models/${model}${path}/infer`, { method: 'POST', body: BODY })
  return { status: response.status, body: (await response.json()) as Answered }
}

/** Processes that `ballast serve` began, and itself: they inherit where temporary files go. */
async function processes(): Promise<readonly string[]> {
  const found: string[] = []
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
    if (environment.includes(`TMPDIR=${join(folder, 'tmp')}`)) found.push(pid)
  }
  return found
}

async function replicas(): Promise<readonly number[]> {
  const found: number[] = []
  for (const pid of await processes()) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (command.startsWith('ballast replica')) found.push(Number(pid))
  }
  return found
}

test('an ONNX file answers, its example works as printed, and Ctrl-C leaves nothing behind', async () => {
  await writeFile(join(folder, 'net.onnx'), writeMlp(4, 8, 3))
  const serving = new Serving(join(folder, 'net.onnx'))
  const { url, models } = await serving.line<Summary>()
  expect(models).toMatchObject([{ name: 'net', versions: [1] }])
  const { body } = await infer(url, 'net')
  expect(body.outputs[0]!.shape).toEqual([1, 3])
  const { stdout } = await promisify(execFile)('sh', ['-c', models[0]!.example!])
  expect(JSON.parse(stdout)).toMatchObject({ model_name: 'net', outputs: [{ shape: [1, 3] }] })

  expect(await serving.end('SIGINT')).toBe(0)
  const left = await readdir(join(folder, 'tmp'))
  expect(left.filter(name => name.startsWith('ballast-'))).toEqual([])
  expect(await processes()).toEqual([])
})

test('however it ends, its replicas end with it', async () => {
  await writeFile(join(folder, 'net.onnx'), writeMlp(4, 8, 3))
  const serving = new Serving(join(folder, 'net.onnx'))
  await serving.line()
  expect(await processes()).not.toEqual([])
  await serving.end('SIGKILL')
  await expect.poll(() => processes(), { timeout: 20_000 }).toEqual([])
})

test('a replica that falls is started again, and who asks for it meanwhile waits', async () => {
  await writeFile(join(folder, 'net.onnx'), writeMlp(4, 8, 3))
  const serving = new Serving(join(folder, 'net.onnx'))
  const { url } = await serving.line<Summary>()
  // Each time it is longer until it is started again.
  for (let i = 0; i < 3; i++) {
    const before = await replicas()
    expect(before).toHaveLength(1)
    process.kill(before[0]!, 'SIGKILL')
    await expect.poll(replicas).not.toEqual(before)
    const answers = await Promise.all([infer(url, 'net'), infer(url, 'net', '/versions/1')])
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
  }
})

test('a pickle of scikit-learn is converted, and its example has as many numbers as it takes', async () => {
  await cp(DIGITS, join(folder, 'digits.pkl.gz'))
  const { models } = await new Serving(join(folder, 'digits.pkl.gz')).line<Summary>()
  expect(models).toMatchObject([{ name: 'digits', example: expect.stringContaining('head -n 64') }])
  const { stdout } = await promisify(execFile)('sh', ['-c', models[0]!.example!])
  expect(JSON.parse(stdout).outputs).toMatchObject([
    { name: 'label' },
    { name: 'probabilities', shape: [1, 10] },
  ])
})

test('a folder serves each of its models; a broken one and an unsafe one keep nobody from it', async () => {
  const models = join(folder, 'models')
  await mkdir(models)
  await writeFile(join(models, 'good.onnx'), writeMlp(4, 8, 3))
  await writeFile(join(models, 'broken.onnx'), 'no model at all')
  // os.system('true'), as a pickle says it.
  await writeFile(join(models, 'evil.pkl'), "cos\nsystem\n(S'true'\ntR.")
  const summary = await new Serving(models).line<Summary>()
  expect(summary.models).toMatchObject([{ name: 'good' }])
  expect(summary.failures.map(({ name }) => name)).toEqual(['broken', 'evil'])
  expect(summary.failures[1]).toMatchObject({
    code: 'CONVERT_UNSAFE',
    message: expect.stringMatching(/os\.system/),
  })
  expect(await infer(summary.url, 'good')).toMatchObject({ status: 200 })
  expect(await infer(summary.url, 'evil')).toMatchObject({ status: 404 })
})

test('a model repository as Triton keeps it: the newest answers, each by its number; loaded and unloaded by callers', async () => {
  for (const [number, outputs] of [
    [1, 2],
    [2, 3],
    [10, 5],
  ]) {
    await mkdir(join(folder, 'repo', 'net', String(number)), { recursive: true })
    await writeFile(join(folder, 'repo', 'net', String(number), 'model.onnx'), writeMlp(4, 8, outputs!))
  }
  const { url, models } = await new Serving(join(folder, 'repo')).line<Summary>()
  expect(models).toMatchObject([{ name: 'net', versions: [1, 2, 10] }])
  const shapeAt = async (path: string) => (await infer(url, 'net', path)).body.outputs[0]!.shape
  expect(await shapeAt('')).toEqual([1, 5])
  expect(await shapeAt('/versions/1')).toEqual([1, 2])
  expect(await shapeAt('/versions/2')).toEqual([1, 3])
  const control = (what: string) => fetch(`${url}/v2/repository/models/net/${what}`, { method: 'POST' })
  expect((await control('unload')).status).toBe(200)
  expect((await control('load')).status).toBe(200)
  expect(await shapeAt('')).toEqual([1, 5])
})

test('a repository is served as its ballast.yaml says, and --token asks for a secret', async () => {
  await writeFile(
    join(folder, 'ballast.yaml'),
    'model: { file: net.onnx, name: named }\nserve: { queue: 5 }\n',
  )
  await writeFile(join(folder, 'net.onnx'), writeMlp(4, 8, 3))
  const { url, models } = await new Serving(folder, '--token', 'open-sesame').line<Summary>()
  expect(models).toMatchObject([{ name: 'named' }])
  expect((await infer(url, 'named')).status).toBe(401)
  const { status } = await fetch(`${url}/v2/models/named/infer`, {
    method: 'POST',
    body: BODY,
    headers: { authorization: 'Bearer open-sesame' },
  })
  expect(status).toBe(200)
})

test('--watch: a changed file answers once it is ready, a bad one never, and no request is lost', async () => {
  const path = join(folder, 'net.onnx')
  const replace = async (bytes: Uint8Array | string): Promise<void> => {
    await writeFile(`${path}.new`, bytes)
    await rename(`${path}.new`, path)
  }
  await replace(writeMlp(4, 8, 3))
  const serving = new Serving(path, '--watch')
  const { url } = await serving.line<Summary>()
  const statuses = new Set<number>()
  let going = true
  const traffic = (async () => {
    while (going) statuses.add((await infer(url, 'net')).status)
  })()

  await replace(writeMlp(4, 8, 7))
  expect(await serving.line()).toMatchObject({ name: 'net', version: 2, phase: 'ready' })
  expect((await infer(url, 'net')).body.outputs[0]!.shape).toEqual([1, 7])
  await replace('not a model')
  expect(await serving.line()).toMatchObject({ name: 'net', code: expect.any(String) })
  expect((await infer(url, 'net')).body).toMatchObject({ model_version: '2', outputs: [{ shape: [1, 7] }] })
  await replace(writeMlp(4, 8, 2))
  expect(await serving.line()).toMatchObject({ name: 'net', version: 3 })
  expect((await infer(url, 'net')).body.outputs[0]!.shape).toEqual([1, 2])

  going = false
  await traffic
  expect([...statuses]).toEqual([200])
})

test('a port that is taken, a place without a model, and nothing at all are told', async () => {
  const ballast = async (...args: string[]) => {
    const child = spawn(process.execPath, [MAIN, 'serve', ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
    const [errors, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')])
    return { errors, code }
  }
  await writeFile(join(folder, 'net.onnx'), writeMlp(4, 8, 3))
  const port = await freePort()
  const other = createServer().listen(port, '127.0.0.1')
  await once(other, 'listening')
  const taken = await ballast(join(folder, 'net.onnx'), '--port', String(port))
  other.close()
  expect(taken).toMatchObject({
    code: 1,
    errors: expect.stringMatching(`Port ${port} .* is in use[\\s\\S]*--port`),
  })
  expect(await ballast(join(folder, 'tmp'))).toMatchObject({
    code: 1,
    errors: expect.stringMatching(/There is no model in[\s\S]*MODEL_MISSING/),
  })
  expect(await ballast(join(folder, 'gone.onnx'))).toMatchObject({
    code: 1,
    errors: expect.stringMatching(/There is no .*gone\.onnx/),
  })
  expect(await ballast(join(folder, 'net.onnx'), '--token', 'short')).toMatchObject({
    code: 1,
    errors: expect.stringMatching(/token of 8 to 512 letters/),
  })
})
