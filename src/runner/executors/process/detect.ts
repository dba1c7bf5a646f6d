import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { messageOf } from '../../../core/index.ts'
import type { SandboxKind } from '../../options.ts'
import type { Places } from '../executor.ts'
import { bubblewrapArguments, readHostLayout } from './bubblewrap.ts'
import { uidCommand } from './uid.ts'

const run = promisify(execFile)
const PROBE_UID = 60_099

export interface SandboxReport {
  /** What works here, best first. Never `none`: that is a person's choice. */
  readonly best: Exclude<SandboxKind, 'none'> | undefined
  readonly bubblewrap: { readonly works: boolean; readonly userNamespace: boolean; readonly reason: string }
  readonly uid: { readonly works: boolean; readonly namespaces: boolean; readonly reason: string }
}

/** Tries each way to isolate a job by running `true` in it, and tells why those that fail do. */
export async function detectSandbox(): Promise<SandboxReport> {
  const [bubblewrap, uid] = await Promise.all([tryBubblewrap(), tryUid()])
  const best = bubblewrap.works ? 'bubblewrap' : uid.works ? 'uid' : undefined
  return { best, bubblewrap, uid }
}

async function tryBubblewrap(): Promise<SandboxReport['bubblewrap']> {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-probe-'))
  try {
    const places = await probePlaces(folder)
    const host = readHostLayout()
    let reason = ''
    const variants = process.getuid?.() === 0 ? [true, false] : [true]
    for (const userNamespace of variants) {
      const options = { program: 'bwrap', host, userNamespace, tools: [] }
      const args = bubblewrapArguments(options, places, { network: true, readable: [], attempt: 'probe' })
      const failure = await failureOf('bwrap', [...args, '/bin/sh', '-e', '/run/ballast/job.sh'])
      if (failure === undefined) return { works: true, userNamespace, reason: 'bubblewrap works' }
      reason ||= failure
    }
    return { works: false, userNamespace: false, reason }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function probePlaces(folder: string): Promise<Places> {
  const places: Places = {
    workspace: join(folder, 'workspace'),
    home: join(folder, 'home'),
    tmp: join(folder, 'tmp'),
    given: join(folder, 'given'),
    out: join(folder, 'out'),
  }
  for (const path of Object.values(places)) await mkdir(path)
  await writeFile(join(places.given, 'job.sh'), 'test -d /workspace\ntest ! -e /root/.\n')
  return places
}

async function tryUid(): Promise<SandboxReport['uid']> {
  if (process.getuid?.() !== 0) {
    return { works: false, namespaces: false, reason: 'another uid needs a runner that is started by root' }
  }
  const probe = async (namespaces: boolean): Promise<string | undefined> => {
    const [program, ...args] = uidCommand(PROBE_UID, namespaces)
    return failureOf(program!, [...args, '/bin/sh', '-c', `test "$(id -u)" = ${PROBE_UID}`])
  }
  if ((await probe(true)) === undefined)
    return { works: true, namespaces: true, reason: 'setpriv and unshare work' }
  const failure = await probe(false)
  if (failure === undefined) return { works: true, namespaces: false, reason: 'setpriv works' }
  return { works: false, namespaces: false, reason: failure }
}

/** Why a program fails, in a line; undefined when it ends with 0. */
async function failureOf(program: string, args: readonly string[]): Promise<string | undefined> {
  try {
    await run(program, args, {
      timeout: 10_000,
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
    })
    return undefined
  } catch (error) {
    const stderr =
      typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr).trim() : ''
    const missing = /ENOENT/.test(messageOf(error))
    return missing ? `${program} is not installed` : (stderr || messageOf(error)).split('\n')[0]!
  }
}
