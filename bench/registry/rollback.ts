/**
 * What a rollback takes beside a first deploy of the same model: first deploy, from the push, and from the end of the job
 * that registered it, to the first answer; rollback, from the command being sent to the first answer of the version before. A model of
 * one layer of random weights, of so many MB, on a whole Ballast.
 *
 *   npm run build && node_modules/.bin/node bench/registry/rollback.ts [MB] [rollbacks]       default 100 20
 */
import { execFile } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { z } from 'zod'
import { pipelineSummarySchema, pipelineViewSchema, rolloutViewSchema } from '../../src/api/index.ts'
import { type DemoBallast, startBallast } from '../../src/cli/demo/ballast.ts'
import { makeModel } from './cold-start/model.ts'

const megabytes = Number(process.argv[2] ?? 100)
const rollbacks = Number(process.argv[3] ?? 20)
const ENTRY = process.env['BALLAST_ENTRY'] ?? join(import.meta.dirname, '../../dist/ballast.js')
const agent = new Agent({ keepAlive: true })
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!

const CONFIG =
  'model: { name: big, file: model.onnx, task: generic }\ndeploy: { production: { branch: main, strategy: immediate } }\n'

const ballast = await startBallast({ entry: ENTRY, sandbox: false, say() {} })
try {
  const work = join(ballast.folder, 'work')
  await mkdir(work)
  await git(work, 'init', '--quiet', '--initial-branch=main')
  await writeFile(join(work, 'ballast.yaml'), CONFIG)
  const body = await commit(work, 1)
  const first = await firstDeploy(ballast, work, body)
  await commit(work, 2)
  // The policy of a new installation begins with a canary: its push ends waiting for requests, and a person decides.
  await push(ballast, work)
  const [second] = await ballast.api.get('/models/big/rollouts', z.array(rolloutViewSchema))
  if (second!.phase !== 'promoted')
    await ballast.api.send('POST', `/rollouts/${second!.id}/promote`, {}, rolloutViewSchema)
  const times: number[] = []
  for (let i = 0; i < rollbacks; i++) {
    const wanted = i % 2 === 0 ? '1' : '2'
    const started = performance.now()
    const asked = ballast.api.send('POST', '/models/big/rollback', {}, rolloutViewSchema)
    while ((await answer(ballast, body)) !== wanted) await sleep(1)
    times.push(performance.now() - started)
    await asked
  }
  const { pushed, registered } = first
  console.log(
    `${megabytes} MB: first deploy ${pushed.toFixed(0)} ms from the push, ${registered.toFixed(0)} ms from its registration; ${rollbacks} rollbacks p50 ${median(times).toFixed(1)} ms, max ${Math.max(...times).toFixed(1)} ms: ${(median(times) / pushed).toFixed(4)} × and ${(median(times) / registered).toFixed(4)} ×`,
  )
} finally {
  agent.destroy()
  await ballast.stop()
  await rm(ballast.folder, { recursive: true, force: true })
}

/** Milliseconds to the first answer of the first version: from its push, and from the end of the job that registered it. */
async function firstDeploy(made: DemoBallast, work: string, body: string) {
  const begun = Date.now()
  const pushing = push(made, work)
  while ((await answer(made, body)) !== '1') await sleep(2)
  const answered = Date.now()
  await pushing
  const [summary] = await made.api.get('/projects/big/pipelines', z.array(pipelineSummarySchema))
  const { jobs } = await made.api.get(`/pipelines/${summary!.id}`, pipelineViewSchema)
  const registered = jobs.find(({ name }) => name === 'register')?.endedAt
  if (!registered)
    throw new Error(`No version was registered: ${JSON.stringify(jobs.map(({ name }) => name))}`)
  return { pushed: answered - begun, registered: answered - Date.parse(registered) }
}

/** A model by this seed, committed; gives a request that fits it. */
async function commit(work: string, seed: number): Promise<string> {
  await rm(join(work, 'model.onnx'), { force: true })
  const { width } = await makeModel(join(work, 'model.onnx'), megabytes * 1e6, seed)
  await git(work, 'add', '--all')
  await git(work, 'commit', '--quiet', '--message', `seed ${seed}`)
  const data = Array.from({ length: width }, (_, i) => (i % 10) / 10)
  return JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, width], data }] })
}

/** Until the pipelines have ended: a push follows them. */
function push({ url, token }: DemoBallast, work: string): Promise<void> {
  const remote = new URL('/big.git', url)
  remote.username = 'bench'
  remote.password = token
  return git(work, 'push', '--quiet', remote.href, 'main')
}

async function git(work: string, ...args: readonly string[]): Promise<void> {
  const identity = ['-c', 'user.name=bench', '-c', 'user.email=bench@example.invalid']
  await promisify(execFile)('git', ['-C', work, ...identity, ...args], { maxBuffer: 1 << 26 })
}

/** The number of the version that answers now; undefined where none does. */
function answer({ gatewayUrl, token }: DemoBallast, body: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const url = new URL('/v2/models/big/infer', gatewayUrl)
    const sent = request(url, { method: 'POST', agent, headers }, response => {
      response.resume()
      response.once('end', () => {
        const version = response.headers['ballast-model-version']
        resolve(response.statusCode === 200 ? String(version) : undefined)
      })
    })
    sent.once('error', reject)
    sent.end(body)
  })
}
