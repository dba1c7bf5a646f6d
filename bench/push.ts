/**
 * From an accepted push to the first job's process, and 200 trivial jobs, through everything: git, server,
 * runner, sandbox. Beside it, in the same run, the floor: the same number of `sh -c` processes started by Node,
 * as many at once.
 *
 *   npm run build && node bench/push.ts [pushes] [jobs]
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import {
  type PipelineView,
  pipelineSummarySchema,
  pipelineViewSchema,
  projectSchema,
} from '../src/api/index.ts'
import { type DemoBallast, startBallast } from '../src/cli/demo/ballast.ts'
import { writeMlp } from '../test/fixtures/onnx-builder.ts'

const pushes = Number(process.argv[2] ?? 30)
const jobs = Number(process.argv[3] ?? 200)

class Project {
  readonly folder: string
  readonly #ballast: DemoBallast
  readonly #name: string

  constructor(ballast: DemoBallast, name: string) {
    this.#ballast = ballast
    this.#name = name
    this.folder = join(ballast.folder, name)
    mkdirSync(this.folder)
    this.git('init', '--quiet', '--initial-branch=main')
    const remote = new URL(`/${name}.git`, ballast.url)
    remote.username = 'bench'
    remote.password = ballast.token
    this.git('remote', 'add', 'origin', remote.href)
    writeFileSync(join(this.folder, 'model.onnx'), writeMlp(8, 4, 2))
  }

  git(...args: readonly string[]): void {
    execFileSync('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@example.invalid', ...args], {
      cwd: this.folder,
      stdio: 'pipe',
    })
  }

  async push(yaml: string): Promise<PipelineView> {
    writeFileSync(join(this.folder, 'ballast.yaml'), yaml)
    this.git('add', '--all')
    this.git('commit', '--quiet', '--allow-empty', '--message', 'bench')
    this.git('push', '--quiet', 'origin', 'main')
    const [latest] = await this.#ballast.api.get(
      `/projects/${this.#name}/pipelines?limit=1`,
      z.array(pipelineSummarySchema),
    )
    return this.#ballast.api.get(`/pipelines/${latest!.id}`, pipelineViewSchema)
  }
}

/** Milliseconds between the pipeline's row in the journal and the first command of its first job. */
async function startLatency(ballast: DemoBallast, pipeline: PipelineView): Promise<number> {
  const attempt = pipeline.jobs.find(({ name }) => name === 'now')!.attempts[0]!
  const response = await ballast.api.stream(`/attempts/${attempt.id}/log`)
  const started = /^(\d{13,})$/m.exec(await response.text())
  return Number(started![1]!.slice(0, 13)) - Date.parse(pipeline.createdAt)
}

const quantile = (values: readonly number[], q: number) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.ceil(q * values.length) - 1)]!

/** `count` shells, `width` at once: what the machine itself takes. */
async function floor(count: number, width: number): Promise<number> {
  const began = performance.now()
  let next = 0
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (next++ < count) await once(spawn('sh', ['-c', 'true'], { stdio: 'ignore' }), 'exit')
    }),
  )
  return (performance.now() - began) / 1000
}

/** User and system time of a process so far (proc(5): fields 14 and 15, in ticks of 10 ms). */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

const ballast = await startBallast({ entry: 'dist/ballast.js', sandbox: true, say() {} })
try {
  await ballast.api.send('POST', '/projects', { name: 'bench' }, projectSchema)
  const project = new Project(ballast, 'bench')
  const deployNowhere = 'model: model.onnx\ndeploy: {}\n'
  const latencies: number[] = []
  for (let i = 0; i < pushes; i++) {
    const pipeline = await project.push(`${deployNowhere}# ${i}\njobs:\n  now: { run: date +%s%3N }\n`)
    latencies.push(await startLatency(ballast, pipeline))
  }
  console.log(
    `push accepted -> first job's process, ${pushes} pushes: p50 ${quantile(latencies, 0.5)} ms, p95 ${quantile(latencies, 0.95)} ms, max ${Math.max(...latencies)} ms`,
  )

  const many = Array.from({ length: jobs }, (_, i) => `  job-${i}: { run: "true" }`).join('\n')
  const pipeline = await project.push(`${deployNowhere}jobs:\n${many}\n`)
  const ends = pipeline.jobs
    .filter(({ kind }) => kind === 'script')
    .map(({ endedAt }) => Date.parse(endedAt!))
  const seconds = (Math.max(...ends) - Date.parse(pipeline.createdAt)) / 1000
  const cpu = Object.entries(ballast.pids).map(([role, pid]) => `${role} ${cpuSeconds(pid).toFixed(2)} s`)
  const bare = await floor(jobs, availableParallelism())
  console.log(
    `${jobs} trivial jobs: ${seconds.toFixed(2)} s (pipeline ${pipeline.state}); ${jobs} bare shells: ${bare.toFixed(2)} s; ratio ${(seconds / bare).toFixed(1)}`,
  )
  console.log(`CPU in all: ${cpu.join(', ')}`)
} finally {
  await ballast.stop()
  await rm(ballast.folder, { recursive: true, force: true })
}
