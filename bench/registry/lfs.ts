/**
 * Push and clone by the real git-lfs: Ballast beside a server of plain files that checks and syncs nothing
 * (lfs/plain-server.ts), turn by turn; and the most memory that Ballast's server took.
 *
 *   npm run build && node_modules/.bin/node bench/registry/lfs.ts [megabytes] [turns]      default 1000 5
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from '../../test/fixtures/free-port.ts'

const megabytes = Number(process.argv[2] ?? 1000)
const turns = Number(process.argv[3] ?? 5)
const BALLAST = join(import.meta.dirname, '../../dist/ballast.js')
const folder = await mkdtemp(join(tmpdir(), 'ballast-bench-lfs-'))
const source = join(folder, 'source')
const env = {
  PATH: process.env['PATH'],
  HOME: join(folder, 'home'),
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
}

interface Server {
  readonly name: 'plain' | 'ballast'
  readonly child: ChildProcess
  /** Of a repository's LFS. */
  urlOf(repository: string): string
}

function git(cwd: string, ...args: readonly string[]): void {
  const who = [
    '-c',
    'user.name=bench',
    '-c',
    'user.email=bench@example.invalid',
    '-c',
    'protocol.file.allow=always',
  ]
  execFileSync('git', [...who, ...args], { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] })
}

/** A repository with one file of random bytes, which nothing compresses, and a bare one that it is cloned from. */
function makeSource(): void {
  for (const name of [source, env.HOME]) mkdirSync(name)
  git(folder, 'lfs', 'install', '--skip-repo')
  git(source, 'init', '--quiet', '--initial-branch=main')
  git(source, 'lfs', 'track', '*.bin')
  const file = openSync(join(source, 'model.bin'), 'w')
  const block = Buffer.alloc(1e6)
  for (let i = 0; i < megabytes; i++) writeSync(file, randomFillSync(block))
  closeSync(file)
  git(source, 'add', '--all')
  git(source, 'commit', '--quiet', '--message', 'A model')
  git(folder, 'clone', '--quiet', '--bare', source, 'bare.git')
}

async function startPlain(): Promise<Server> {
  const files = join(folder, 'plain')
  mkdirSync(files)
  const args = [join(import.meta.dirname, 'lfs/plain-server.ts'), files]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [port] = await once(createInterface(child.stdout), 'line')
  return { name: 'plain', child, urlOf: name => `http://127.0.0.1:${port}/${name}.git/info/lfs` }
}

async function startBallast(): Promise<Server> {
  const [data, port] = [join(folder, 'data'), await freePort()]
  const args = [BALLAST, 'server', '--data', data, '--listen', `127.0.0.1:${port}`]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  while (!(await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined))?.ok)
    await new Promise(resolve => setTimeout(resolve, 50))
  const token = readFileSync(join(data, 'secrets', 'first-admin-token'), 'utf8').trim()
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  for (let i = 0; i < turns; i++) {
    const made = { method: 'POST', headers, body: JSON.stringify({ name: `bench${i}` }) }
    if (!(await fetch(`http://127.0.0.1:${port}/api/v1/projects`, made)).ok) throw new Error('No project')
  }
  return {
    name: 'ballast',
    child,
    urlOf: name => `http://bench:${token}@127.0.0.1:${port}/${name}.git/info/lfs`,
  }
}

/** Milliseconds. */
function timed(work: () => void): number {
  const started = performance.now()
  work()
  return performance.now() - started
}

const figures = {
  plain: { push: [] as number[], clone: [] as number[] },
  ballast: { push: [] as number[], clone: [] as number[] },
}

/** To a repository that has nothing yet, so that all is sent; it is made before. */
function turn({ name, urlOf }: Server, number: number): void {
  const url = `lfs.url=${urlOf(`bench${number}`)}`
  const bare = join(folder, 'bare.git')
  const access = ['-c', url, '-c', 'lfs.locksverify=false']
  figures[name].push.push(timed(() => git(source, ...access, 'lfs', 'push', '--all', bare)))
  const copy = join(folder, 'copy')
  figures[name].clone.push(timed(() => git(folder, ...access, 'clone', '--quiet', bare, copy)))
  rmSync(copy, { recursive: true })
}

/** MB; the kernel's own mark. */
function peakMemory({ child }: Server): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]) / 1000
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!

makeSource()
const servers = [await startPlain(), await startBallast()]
try {
  const idle = peakMemory(servers[1]!)
  for (let i = 0; i < turns; i++) for (const server of servers) turn(server, i)
  for (const what of ['push', 'clone'] as const) {
    const [plain, ballast] = [median(figures.plain[what]), median(figures.ballast[what])]
    const speed = (ms: number) => `${((megabytes / ms) * 1000).toFixed(0)} MB/s`
    console.log(
      `${what} of ${megabytes} MB: plain ${speed(plain)}, ballast ${speed(ballast)}: ${(plain / ballast).toFixed(2)} × its speed`,
    )
  }
  console.log(
    `peak RSS of ballast server: ${peakMemory(servers[1]!).toFixed(0)} MB (${idle.toFixed(0)} MB before); medians of ${turns}`,
  )
} finally {
  for (const { child } of servers) child.kill()
  await Promise.all(servers.map(({ child }) => (child.exitCode === null ? once(child, 'exit') : undefined)))
  await rm(folder, { recursive: true, force: true })
}
