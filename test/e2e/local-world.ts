import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const BALLAST = new URL('../../src/cli/main.ts', import.meta.url).pathname

interface Result {
  readonly state: string
  readonly jobs: readonly {
    readonly job: string
    readonly state: string
    readonly reason?: string
    readonly tries: number
    readonly startedMs?: number
    readonly durationMs?: number
  }[]
}

/** A repository in a home folder of its own, and the command `ballast` in it. */
export class LocalWorld {
  /** The home folder. */
  readonly root: string
  readonly folder: string

  constructor(root: string) {
    this.root = root
    this.folder = join(root, 'repository')
  }

  async close(): Promise<void> {
    await rm(this.root, { recursive: true, force: true, maxRetries: 5 })
  }

  git(...words: readonly string[]): string {
    const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com']
    const { status, stdout, stderr } = spawnSync('git', [...identity, ...words], {
      cwd: this.folder,
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`git ${words.join(' ')}: ${stderr}`)
    return stdout.trim()
  }

  /** Commits these files as the first commit. */
  async repository(files: Readonly<Record<string, string>>): Promise<void> {
    this.git('init', '-q', '-b', 'main')
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(this.folder, path)), { recursive: true })
      await writeFile(join(this.folder, path), content)
    }
    this.git('add', '.')
    this.git('commit', '-q', '-m', 'first')
  }

  ballast(...words: readonly string[]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [BALLAST, ...words], {
      cwd: this.folder,
      env: this.#environment(),
      encoding: 'utf8',
    })
    return { status, out: stdout, err: stderr }
  }

  start(...words: readonly string[]): ChildProcess {
    const options = { cwd: this.folder, env: this.#environment(), stdio: 'pipe' } as const
    return spawn(process.execPath, [BALLAST, ...words], options)
  }

  async result(): Promise<Result> {
    return JSON.parse(await this.kept('result.json')) as Result
  }

  async states(): Promise<Record<string, string>> {
    return Object.fromEntries((await this.result()).jobs.map(({ job, state }) => [job, state]))
  }

  async logOf(job: string): Promise<string> {
    return this.kept(`logs/${job}.log`)
  }

  /** A file of the latest run. */
  async kept(path: string): Promise<string> {
    return readFile(join(this.folder, '.ballast/run/latest', path), 'utf8')
  }

  #environment(): NodeJS.ProcessEnv {
    const { PATH } = process.env
    return {
      PATH,
      HOME: this.root,
      XDG_CACHE_HOME: join(this.root, 'cache'),
      NO_COLOR: '1',
      SECRET_OF_THE_SHELL: 'not for jobs',
    }
  }
}

export async function openLocalWorld(): Promise<LocalWorld> {
  const world = new LocalWorld(await mkdtemp(join(tmpdir(), 'ballast-local-')))
  await mkdir(world.folder)
  return world
}

/** A job's line for YAML, with what it runs. */
export const job = (name: string, script: string, more = '') =>
  `${name}:\n  script:\n    - ${script}\n${more}`
