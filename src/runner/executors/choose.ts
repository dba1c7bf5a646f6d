import { lstat, mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf, hexOf } from '../../core/index.ts'
import { RunnerError } from '../errors.ts'
import type { RunnerOptions } from '../options.ts'
import { containerExecutor } from './container/container.ts'
import { detectEngine, type Engine } from './container/engine.ts'
import { prefixOf } from './container/names.ts'
import type { Executor } from './executor.ts'
import type { Executors } from './executors.ts'
import { bubblewrapExecutor, readHostLayout } from './process/bubblewrap.ts'
import { detectSandbox } from './process/detect.ts'
import { plainExecutor } from './process/none.ts'
import { uidExecutor } from './process/uid.ts'

const PASSWD =
  'root:x:0:0:root:/root:/bin/sh\nballast:x:1000:1000:ballast:/home/ballast:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n'
const GROUP = 'root:x:0:\nballast:x:1000:\nnogroup:x:65534:\n'

/** The executor that was asked for, or the best that works. Throws SANDBOX_UNAVAILABLE: never falls to none. */
export async function chooseExecutor({
  sandbox,
  dataDir,
  tools = [],
}: Pick<RunnerOptions, 'sandbox' | 'dataDir' | 'tools'>): Promise<Executor> {
  if (sandbox === 'none') return plainExecutor(tools, process.env['PATH'])
  const report = await detectSandbox()
  const kind = sandbox === 'auto' ? report.best : sandbox
  if (kind === 'bubblewrap' && report.bubblewrap.works) {
    const accounts = { passwd: join(dataDir, 'passwd'), group: join(dataDir, 'group') }
    await writeFile(accounts.passwd, PASSWD)
    await writeFile(accounts.group, GROUP)
    const { userNamespace } = report.bubblewrap
    return bubblewrapExecutor({ program: 'bwrap', host: readHostLayout(), userNamespace, tools, accounts })
  }
  if (kind === 'uid' && report.uid.works) {
    const { namespaces } = report.uid
    return uidExecutor({ namespaces, placesRoot: await makePlacesRoot(dataDir), tools })
  }
  throw new RunnerError('SANDBOX_UNAVAILABLE', {
    message: `Jobs can't be isolated here: bubblewrap: ${report.bubblewrap.reason}; uid: ${report.uid.reason}`,
    hint: 'Install bubblewrap (and allow user namespaces), or start the runner as root. Only where every job is trusted: `ballast up --no-sandbox`, or --sandbox none for a runner alone.',
    details: { asked: sandbox },
  })
}

/** What a runner was told to run jobs with. Throws SANDBOX_UNAVAILABLE and ENGINE_UNAVAILABLE. */
export async function chooseExecutors(
  options: Pick<RunnerOptions, 'sandbox' | 'dataDir' | 'tools' | 'executor' | 'image'>,
): Promise<Executors> {
  const stages = await chooseExecutor(options)
  const { executor = 'process' } = options
  if (executor === 'process') return { jobs: stages, stages }
  if (executor === 'container') {
    const containers = await chooseContainers(options)
    return { jobs: containers, containers, stages }
  }
  const { engine } = await detectEngine()
  return { jobs: stages, stages, ...(engine && { containers: containersBy(engine, options) }) }
}

/** Jobs in containers by the engine of this machine. Throws ENGINE_UNAVAILABLE. */
export async function chooseContainers(options: Pick<RunnerOptions, 'dataDir' | 'image'>): Promise<Executor> {
  const { engine, reason } = await detectEngine()
  if (!engine) {
    throw new RunnerError('ENGINE_UNAVAILABLE', {
      message: `Jobs can't run in containers here: ${reason}`,
      hint: 'Install podman, or docker and start its daemon; `podman ps` must work for the user of the runner.',
    })
  }
  return containersBy(engine, options)
}

function containersBy(
  engine: Engine,
  { dataDir, image }: Pick<RunnerOptions, 'dataDir' | 'image'>,
): Executor {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0]
  return containerExecutor({
    engine,
    prefix: prefixOf(dataDir),
    defaultImage: image === undefined ? undefined : { name: image, pullPolicy: [] },
    foreignOwner: engine.name === 'docker' && uid !== 0 ? { uid, gid } : undefined,
  })
}

/** A folder that other uids can pass through, outside the runner's own, which they can't. */
async function makePlacesRoot(dataDir: string): Promise<string> {
  const root = join(tmpdir(), `ballast-runner-${hexOf(digestOf(dataDir)).slice(0, 16)}`)
  await mkdir(root, { mode: 0o711 }).catch(() => undefined)
  const found = await lstat(root)
  if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o022) !== 0) {
    throw new RunnerError('SANDBOX_UNAVAILABLE', {
      message: `${root} is not a folder of ours: somebody else made it`,
      hint: 'Remove it, or set TMPDIR to a folder that only root can write to.',
    })
  }
  return root
}
