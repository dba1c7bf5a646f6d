import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newId, silentLogger } from '../../src/core/index.ts'
import {
  createRepository,
  type GitFrontDoor,
  type GitHost,
  gitFrontDoor,
  type ReceivedPush,
} from '../../src/git/index.ts'

export const TOKEN = 'blst_0123456789abcdefghjkmnpqrstvwxyz'

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface GitWorld {
  readonly folder: string
  /** `http://anyone:<token>@127.0.0.1:<port>` */
  readonly url: string
  readonly port: number
  readonly directory: string
  readonly door: GitFrontDoor
  readonly server: Server
  /** What pre-receive was told, in order. */
  readonly received: ReceivedPush[]
  /** Pushes that were accepted and never reached post-receive. */
  readonly ended: string[]
  /** Runs the real git client in `folder/<where>`. */
  git(where: string, ...args: readonly string[]): Promise<Ran>
  /** Leftovers of interrupted pushes. */
  leftovers(): Promise<readonly string[]>
  stop(): Promise<void>
}

export interface GitWorldOptions extends Partial<Pick<GitHost, 'preReceive' | 'postReceive'>> {
  readonly maxPushBytes?: number
}

/** A front door on port 0 with one repository, `digits`, that TOKEN may read and write. */
export async function startGitWorld(options: GitWorldOptions = {}): Promise<GitWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-git-'))
  const directory = join(folder, 'repositories', 'digits.git')
  await createRepository(directory, 'main')
  const received: ReceivedPush[] = []
  const ended: string[] = []
  const project = newId('project')
  const principal = newId('principal')
  const host: GitHost = {
    async authorize({ repository, token }) {
      if (token === undefined) return { kind: 'unauthenticated' }
      if (token !== TOKEN || repository !== 'digits')
        return {
          kind: 'refused',
          message: `There is no repository '${repository}', or it is not yours to see`,
        }
      return { kind: 'granted', project, principal, directory }
    },
    async preReceive(push) {
      received.push(push)
      return options.preReceive?.(push) ?? { kind: 'accepted', push: newId('push') }
    },
    postReceive: options.postReceive ?? async function* () {},
    async pushEnded(push) {
      ended.push(push)
    },
  }
  const door = gitFrontDoor({
    host,
    hooksDir: join(folder, 'hooks'),
    logger: silentLogger,
    ...(options.maxPushBytes !== undefined && { maxPushBytes: options.maxPushBytes }),
  })
  await door.start()
  const server = createServer(
    { requestTimeout: 0 },
    (request, response) => void door.handle(request, response),
  )
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    folder,
    url: `http://anyone:${TOKEN}@127.0.0.1:${port}`,
    port,
    directory,
    door,
    server,
    received,
    ended,
    git: (where, ...args) => runClient(join(folder, where), args),
    async leftovers() {
      const objects = await readdir(join(directory, 'objects'))
      const packs = await readdir(join(directory, 'objects', 'pack'))
      return [...objects, ...packs].filter(name => name.startsWith('tmp_'))
    },
    async stop() {
      await door.close()
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A client's environment: no configuration of this machine, a fixed author. */
export function clientEnvironment(): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: 'Ada',
    GIT_AUTHOR_EMAIL: 'ada@example.org',
    GIT_COMMITTER_NAME: 'Ada',
    GIT_COMMITTER_EMAIL: 'ada@example.org',
  }
}

function runClient(cwd: string, args: readonly string[]): Promise<Ran> {
  return new Promise(resolve => {
    execFile('git', args, { cwd, env: clientEnvironment(), maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, stdout, stderr })
    })
  })
}

/** Polls until `condition` holds; fails after `ms`. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  ms = 20_000,
): Promise<void> {
  const deadline = Date.now() + ms
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Waited ${ms} ms in vain: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
