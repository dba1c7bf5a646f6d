/**
 * `ballast run` beside gitlab-ci-local, on the same files and by turns: 200 trivial jobs, and a graph of 60 jobs of
 * uneven length beside its critical path. Both run jobs on this machine, without containers.
 *
 *   node bench/pipelines.ts [gitlab-ci-local] [rounds]
 *
 * The first argument, or GITLAB_CI_LOCAL, is the path of that command (npm install gitlab-ci-local; it needs rsync).
 * Without it Ballast is measured alone. Needs the bundle: npm run build.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'

const BALLAST = new URL('../dist/ballast.js', import.meta.url).pathname
const TRIVIAL_JOBS = 200
const GRAPH_JOBS = 60
/** Of jobs of the graph: at most this many before each. */
const MAX_NEEDS = 3

interface Tool {
  readonly name: string
  readonly command: readonly string[]
}

interface GraphJob {
  readonly name: string
  readonly needs: readonly string[]
  readonly seconds: number
}

function trivial(): string {
  return Array.from({ length: TRIVIAL_JOBS }, (_, n) => `job${n}:\n  script: [ "echo hello ${n}" ]\n`).join(
    '',
  )
}

/** The same graph in every run: a small generator of numbers with a fixed seed (Lehmer's, of MINSTD). */
function graph(): readonly GraphJob[] {
  let seed = 20_261_127
  const random = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % below
  }
  const jobs: GraphJob[] = []
  for (let n = 0; n < GRAPH_JOBS; n++) {
    const count = n < 6 ? 0 : 1 + random(MAX_NEEDS)
    const window = jobs.slice(-14)
    const needs = new Set(Array.from({ length: count }, () => window[random(window.length)]!.name))
    jobs.push({ name: `job${n}`, needs: [...needs], seconds: (1 + random(12)) / 10 })
  }
  return jobs
}

function fileOf(jobs: readonly GraphJob[]): string {
  return jobs
    .map(
      ({ name, needs, seconds }) =>
        `${name}:\n  needs: [${needs.join(', ')}]\n  script: [ "sleep ${seconds}" ]\n`,
    )
    .join('')
}

function criticalSeconds(jobs: readonly GraphJob[]): number {
  const ends = new Map<string, number>()
  for (const { name, needs, seconds } of jobs)
    ends.set(name, seconds + Math.max(0, ...needs.map(need => ends.get(need)!)))
  return Math.max(...ends.values())
}

async function repository(file: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-bench-'))
  await writeFile(join(folder, '.gitlab-ci.yml'), file)
  await writeFile(join(folder, 'README.md'), 'A repository of a few files.\n')
  for (const words of [
    ['init', '-q', '-b', 'main'],
    ['remote', 'add', 'origin', 'https://example.com/team/bench.git'],
    ['add', '.'],
    ['-c', 'user.name=bench', '-c', 'user.email=bench@example.com', 'commit', '-q', '-m', 'bench'],
  ])
    spawnSync('git', words, { cwd: folder, stdio: 'ignore' })
  return folder
}

/** Seconds of one run. Throws where it fails, or is not the work that was asked for. */
async function timed({ name, command }: Tool, folder: string): Promise<number> {
  const begun = performance.now()
  const [program = '', ...words] = command
  const child = spawn(program, words, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', bytes => (output += bytes))
  child.stderr.on('data', bytes => (output += bytes))
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${name} ended with ${code}:\n${output.slice(-2000)}`)
  return (performance.now() - begun) / 1000
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Medians by tool; the tools take turns, so that what else the machine does meets both. */
async function compare(tools: readonly Tool[], file: string, rounds: number): Promise<readonly number[]> {
  const folder = await repository(file)
  try {
    const times = tools.map((): number[] => [])
    for (const tool of tools) await timed(tool, folder)
    for (let round = 0; round < rounds; round++)
      for (const [n, tool] of tools.entries()) times[n]!.push(await timed(tool, folder))
    return times.map(median)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function shown(seconds: number): string {
  return `${seconds.toFixed(2)} s`
}

if (!existsSync(BALLAST)) throw new Error('There is no dist/ballast.js: npm run build')
const peer = process.argv[2] ?? process.env['GITLAB_CI_LOCAL']
const rounds = Number(process.argv[3] ?? 5)
const tools: Tool[] = [{ name: 'ballast run', command: [process.execPath, BALLAST, 'run'] }]
if (peer) tools.push({ name: 'gitlab-ci-local', command: [process.execPath, peer] })

console.log(`${cpus().length} cores, medians of ${rounds} rounds by turns`)
console.log(`(a) ${TRIVIAL_JOBS} trivial jobs`)
const many = await compare(tools, trivial(), rounds)
for (const [n, { name }] of tools.entries()) console.log(`    ${name.padEnd(16)} ${shown(many[n]!)}`)
if (peer) console.log(`    ${(many[1]! / many[0]!).toFixed(1)} × as fast`)

const jobs = graph()
const least = criticalSeconds(jobs)
console.log(`(b) ${GRAPH_JOBS} jobs that need each other; critical path ${shown(least)}`)
const uneven = await compare(tools, fileOf(jobs), rounds)
for (const [n, { name }] of tools.entries()) {
  const over = ((uneven[n]! / least - 1) * 100).toFixed(1)
  console.log(`    ${name.padEnd(16)} ${shown(uneven[n]!)}  ${over} % over the critical path`)
}
if (!peer) console.log('gitlab-ci-local was skipped: give its path as the first argument')
