import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer } from '../../../src/server/index.ts'
import { freePort } from '../../fixtures/free-port.ts'

export interface WebWorld {
  readonly url: string
  readonly folder: string
  /** The first admin's. */
  readonly token: string
  /** Commits these files and pushes them with the real git, without waiting for the pipeline. */
  push(project: string, files: Readonly<Record<string, string>>, branch?: string): Promise<void>
  stop(): Promise<void>
}

/** A real server and a real runner, which runs jobs as this very user so that it works on every machine. */
export async function startWebWorld(): Promise<WebWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-web-'))
  const children: ChildProcess[] = []
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const server = await startServer({
    dataDir: folder,
    host: '127.0.0.1',
    port,
    publicUrl: url,
    gatewayUrl: 'http://127.0.0.1:9',
    version: '0.0.0-test',
  })
  const start = (command: string, args: readonly string[], cwd: string) => {
    const child = spawn(command, args, {
      cwd,
      stdio: 'ignore',
      env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_TERMINAL_PROMPT: '0' },
    })
    children.push(child)
    return child
  }
  const root = join(import.meta.dirname, '../../..')
  const agent = ['--server', url, '--data', join(folder, 'runner'), '--sandbox', 'none']
  const token = (await readFile(join(folder, 'secrets/first-admin-token'), 'utf8')).trim()
  const key = ['--token-file', join(folder, 'secrets/runner.token')]
  start(process.execPath, ['src/cli/main.ts', 'runner', ...agent, ...key], root)
  return {
    url,
    folder,
    token,
    async push(project, files, branch = 'main') {
      const work = join(folder, 'work')
      await mkdir(work, { recursive: true })
      const git = async (...args: string[]) => {
        const [code] = await once(start('git', args, work), 'close')
        if (code !== 0) throw new Error(`git ${args.join(' ')} ended with ${code}`)
      }
      await git('init', '-q', '-b', 'main')
      if (branch !== 'main') await git('checkout', '-q', '-B', branch)
      for (const [path, text] of Object.entries(files)) await writeFile(join(work, path), text)
      await git('add', '-A')
      const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org']
      await git(...who, 'commit', '-q', '-m', 'A job that fails and one that does not')
      start('git', ['push', '-q', `${url.replace('//', `//x:${token}@`)}/${project}.git`, branch], work)
    },
    async stop() {
      for (const child of children) {
        if (child.exitCode !== null || child.signalCode !== null) continue
        child.kill('SIGTERM')
        await once(child, 'close')
      }
      await server.close()
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
