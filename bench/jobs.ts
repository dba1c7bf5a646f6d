/**
 * 200 trivial jobs through a runner, against a control plane in memory: what a job costs beyond its own work.
 * Beside it the floor: 200 times `sh -c true` started by Node, as many at once.
 *
 *   node bench/jobs.ts [jobs] [at once]
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { detectSandbox, runRunner, type SandboxKind } from '../src/runner/index.ts'
import { FakeControlPlane, RUNNER_TOKEN } from '../test/e2e/runner-world/control-plane.ts'

const jobs = Number(process.argv[2] ?? 200)
const concurrency = Number(process.argv[3] ?? 4)

interface Figures {
  readonly seconds: number
  /** From the first lease to the start of the first job's process being told. */
  readonly firstMs: number
  /** Of the runner's process (and this control plane in it), in Node. */
  readonly cpuMsEach: number
}

async function throughRunner(sandbox: SandboxKind): Promise<Figures> {
  const plane = await new FakeControlPlane().open()
  const dataDir = await mkdtemp(join(tmpdir(), 'ballast-bench-'))
  const stop = new AbortController()
  const ready = Promise.withResolvers<string>()
  const running = runRunner({
    serverUrl: plane.url,
    token: RUNNER_TOKEN,
    dataDir,
    name: 'bench',
    concurrency,
    sandbox,
    entry: { node: process.execPath, script: import.meta.filename },
    signal: stop.signal,
    onReady: ready.resolve,
  })
  await ready.promise
  const cpu = process.cpuUsage()
  const begun = performance.now()
  const given = Array.from({ length: jobs }, () => plane.offer({ steps: ['echo hello'] }))
  await plane.until('the first to start', () => given.some(({ started }) => started))
  const firstMs = performance.now() - begun
  await plane.until('all to end', () => given.every(({ finish }) => finish !== undefined), 300_000)
  const seconds = (performance.now() - begun) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const bad = given.filter(({ finish, log }) => finish?.outcome !== 'succeeded' || !log.includes('\nhello\n'))
  if (bad.length > 0)
    throw new Error(`${bad.length} jobs went wrong: ${JSON.stringify(bad[0]!.finish)} ${bad[0]!.log}`)
  stop.abort()
  await running
  await plane.close()
  await rm(dataDir, { recursive: true, force: true })
  return { seconds, firstMs, cpuMsEach: (user + system) / 1000 / jobs }
}

async function floor(): Promise<number> {
  const begun = performance.now()
  let next = 0
  const worker = async (): Promise<void> => {
    while (next++ < jobs) await once(spawn('/bin/sh', ['-c', 'true'], { stdio: 'ignore' }), 'exit')
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  return (performance.now() - begun) / 1000
}

const report = await detectSandbox()
const kinds: SandboxKind[] = ['none']
if (report.uid.works) kinds.unshift('uid')
if (report.bubblewrap.works) kinds.unshift('bubblewrap')
console.log(`${jobs} jobs, ${concurrency} at once, ${cpus().length} cores`)
const least = await floor()
console.log(`${'sh -c true'.padEnd(12)} ${least.toFixed(2)} s`)
for (const kind of kinds) {
  const { seconds, firstMs, cpuMsEach } = await throughRunner(kind)
  const ratio = (seconds / least).toFixed(1)
  console.log(
    `${kind.padEnd(12)} ${seconds.toFixed(2)} s   ${ratio} times the floor   first started after ${firstMs.toFixed(0)} ms   ${cpuMsEach.toFixed(1)} ms of Node's CPU each`,
  )
}
