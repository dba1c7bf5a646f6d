import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { detectEngine } from '../../src/runner/executors/container/engine.ts'
import { chooseContainers } from '../../src/runner/index.ts'
import type { ExecutorWorld } from './executors.ts'

export const IMAGE = 'localhost/ballast-contract:1'
const BUSYBOX = ['/bin/busybox', '/usr/bin/busybox']

/**
 * Makes a small image without any registry: a static busybox and the few files that it wants. Undefined where this
 * machine has none, or the engine does not take it.
 */
async function makeImage(engine: string, name: string): Promise<string | undefined> {
  const busybox = BUSYBOX.find(path => existsSync(path))
  if (busybox === undefined) return undefined
  const root = await mkdtemp(join(tmpdir(), 'ballast-image-'))
  try {
    for (const folder of ['bin', 'etc', 'tmp', 'proc', 'sys', 'dev', 'root', 'usr', 'var', 'opt', 'run'])
      await mkdir(join(root, folder))
    await chmod(join(root, 'tmp'), 0o1777)
    await copyFile(busybox, join(root, 'bin/busybox'))
    const applets = execFileSync(busybox, ['--list'], { encoding: 'utf8' }).trim().split('\n')
    for (const applet of applets.filter(applet => applet !== 'busybox'))
      await symlink('busybox', join(root, 'bin', applet))
    await writeFile(
      join(root, 'etc/passwd'),
      'root:x:0:0:root:/root:/bin/sh\nplain:x:1234:1234::/tmp:/bin/sh\n',
    )
    await writeFile(join(root, 'etc/group'), 'root:x:0:\nplain:x:1234:\n')
    const archive = join(root, '..', `${root.slice(root.lastIndexOf('/') + 1)}.tar`)
    execFileSync('tar', ['-C', root, '-cf', archive, '.'])
    try {
      execFileSync(engine, ['import', archive, name], { stdio: 'ignore' })
    } finally {
      await rm(archive)
    }
    return name
  } catch (error) {
    console.warn(`no image could be made: ${String(error).split('\n')[0]}`)
    return undefined
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

/** Why jobs can't run in containers here; undefined when they can. */
export async function containersMissing(): Promise<string | undefined> {
  const { engine, reason } = await detectEngine()
  if (!engine) return reason
  const image = await makeImage(engine.name, IMAGE)
  if (image === undefined) return 'there is no image: busybox-static makes one'
  const { exitCode, stderr } = await engine.call(['run', '--rm', '--network', 'none', IMAGE, 'true'])
  return exitCode === 0 ? undefined : stderr.trim()
}

export async function openContainers(): Promise<ExecutorWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-executor-'))
  const executor = await chooseContainers({ dataDir: folder, image: IMAGE })
  return { executor, folder, close: () => rm(folder, { recursive: true, force: true }) }
}
