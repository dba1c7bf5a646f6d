import { execFileSync } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Ran, run, startWorld, type World } from '../server/world.ts'

/** Why the real client can't be run here; undefined where it can. */
export const NO_CLIENT: string | undefined = (() => {
  try {
    execFileSync('git', ['lfs', 'version'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'git-lfs is not installed'
  }
})()

/** A server, and clients of Git LFS with a home of their own. */
export class LfsWorld {
  readonly world: World
  readonly #env: NodeJS.ProcessEnv

  private constructor(world: World) {
    this.world = world
    this.#env = {
      PATH: process.env['PATH'],
      HOME: join(world.folder, 'home'),
      LC_ALL: 'C',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      GIT_LFS_FORCE_PROGRESS: '0',
      GIT_AUTHOR_NAME: 'Ada',
      GIT_AUTHOR_EMAIL: 'ada@example.org',
      GIT_COMMITTER_NAME: 'Ada',
      GIT_COMMITTER_EMAIL: 'ada@example.org',
    }
  }

  static async start(): Promise<LfsWorld> {
    const lfs = new LfsWorld(await startWorld())
    await mkdir(join(lfs.world.folder, 'home'))
    await lfs.good('.', 'lfs', 'install', '--skip-repo')
    // A lock that was taken is seen in a moment; no retries are waited for.
    await lfs.good('.', 'config', '--global', 'lfs.transfer.maxretries', '2')
    await lfs.good('.', 'config', '--global', 'init.defaultBranch', 'main')
    await lfs.good('.', 'config', '--global', 'protocol.file.allow', 'always')
    return lfs
  }

  stop(): Promise<void> {
    return this.world.stop()
  }

  path(...parts: readonly string[]): string {
    return join(this.world.folder, ...parts)
  }

  /** `http://anyone:<token>@host/<project>.git` */
  async remote(project: string, token?: string): Promise<string> {
    const secret = token ?? (await this.world.secret())
    return `${this.world.url.replace('//', `//anyone:${secret}@`)}/${project}.git`
  }

  git(where: string, ...args: readonly string[]): Promise<Ran> {
    return run('git', args, this.path(where), this.#env)
  }

  /** As `git`, with these settings of its environment. */
  gitWith(env: NodeJS.ProcessEnv, where: string, ...args: readonly string[]): Promise<Ran> {
    return run('git', args, this.path(where), { ...this.#env, ...env })
  }

  /** Throws where it fails. */
  async good(where: string, ...args: readonly string[]): Promise<Ran> {
    const ran = await this.git(where, ...args)
    if (ran.code !== 0) throw new Error(`git ${args.join(' ')}: ${ran.code}\n${ran.stdout}\n${ran.stderr}`)
    return ran
  }

  /** A repository in `where` that keeps *.bin by Git LFS, with these files committed. */
  async repository(where: string, project: string, files: Readonly<Record<string, Uint8Array | string>>) {
    await mkdir(this.path(where))
    await this.good(where, 'init', '--quiet')
    await this.good(where, 'lfs', 'track', '*.bin')
    await this.good(where, 'remote', 'add', 'origin', await this.remote(project))
    await this.commit(where, {
      '.gitlab-ci.yml': 'unit: { rules: [{ when: never }], script: "true" }\n',
      ...files,
    })
  }

  async commit(where: string, files: Readonly<Record<string, Uint8Array | string>>): Promise<void> {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(this.path(where, name)), { recursive: true })
      await writeFile(this.path(where, name), content)
    }
    await this.good(where, 'add', '--all')
    await this.good(where, 'commit', '--quiet', '-m', 'Files')
  }

  read(...parts: readonly string[]): Promise<Buffer> {
    return readFile(this.path(...parts))
  }
}

export function randomBytes(length: number): Buffer {
  return randomFillSync(Buffer.alloc(length))
}
