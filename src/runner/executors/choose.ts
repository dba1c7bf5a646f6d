import { lstat, mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf, hexOf } from '../../core/index.ts'
import { RunnerError } from '../errors.ts'
import type { RunnerOptions } from '../options.ts'
import type { Executor } from './executor.ts'
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
