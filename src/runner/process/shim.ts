import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, type FSWatcher, openSync, watch } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { isAlive, type ProcessIdentity, parseIdentity } from './identity.ts'

/**
 * The parent of a job's processes: a small `sh` in a session of its own, which outlives the runner. It records
 * its identity before anything else (`set -C`: exactly once for a folder, and not at all when the folder was
 * given up), limits what it starts, waits, and writes the exit status. Both records count only with their
 * closing newline, so a crash in the middle leaves none.
 *
 * Its environment is the runner's choice alone: the job's variables, which might name a library to load, are
 * set inside the sandbox.
 */
const SHIM = `
folder=$1; shift
read -r stat < /proc/self/stat
read -r boot < /proc/sys/kernel/random/boot_id
set -C
printf '%s\\n%s\\n' "$stat" "$boot" > "$folder/pid" || exit 125
set +C
echo 400 > /proc/self/oom_score_adj
ulimit -c 0
ulimit -d "$1"; shift
"$@"
printf '%s\\n' "$?" > "$folder/exit"
`

const SHIM_ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
}

/**
 * What a single process may hold as data: all of the machine's memory. It stops one that runs away before the
 * kernel has to choose a victim; of several together the kernel ends the jobs first (oom_score_adj).
 * Address space is not limited: Node and WebAssembly reserve much that they never touch.
 */
const MAX_DATA_KB = Math.floor(totalmem() / 1024)

/** For a process that is not our child the end shows in its folder at once, and else within this. */
const POLL_MS = 200
/** How long the shim may take from its start to its first line. */
const RECORD_MS = 10_000

export interface JobProcess {
  readonly identity: ProcessIdentity
  /** Settles when the shim has ended. */
  readonly ended: Promise<void>
}

/** Starts `command` under the shim, its output appended to `log`. Records lie in `folder`. */
export async function launch(folder: string, log: string, command: readonly string[]): Promise<JobProcess> {
  const output = openSync(log, 'a', 0o600)
  let child: ChildProcess
  try {
    child = spawn('/bin/sh', ['-c', SHIM, 'ballast-attempt', folder, String(MAX_DATA_KB), ...command], {
      cwd: '/',
      env: SHIM_ENVIRONMENT,
      detached: true,
      stdio: ['ignore', output, output],
    })
  } finally {
    closeSync(output)
  }
  const ended = new Promise<void>((resolve, reject) => {
    child.once('exit', () => resolve())
    child.once('error', reject)
  })
  child.unref()
  const identity = await Promise.race([recorded(folder), ended.then(() => identityIn(folder))])
  if (!identity) throw new Error('The process did not start')
  return { identity, ended }
}

/** Follows a process that an earlier runner started. */
export function adopt(folder: string, identity: ProcessIdentity): JobProcess {
  let watcher: FSWatcher | undefined
  const ended = new Promise<void>(resolve => {
    const look = (): void => {
      if (isAlive(identity)) return
      clearInterval(timer)
      watcher?.close()
      resolve()
    }
    const timer = setInterval(look, POLL_MS)
    watcher = watch(folder, { persistent: false }, look)
    watcher.on('error', () => undefined)
    look()
  })
  return { identity, ended }
}

export async function identityIn(folder: string): Promise<ProcessIdentity | undefined> {
  const record = await readFile(join(folder, 'pid'), 'latin1').catch(() => '')
  return parseIdentity(record)
}

/** The exit status that the shim wrote: 0 to 255, above 128 for a signal. Undefined: it never wrote one. */
export async function exitCodeIn(folder: string): Promise<number | undefined> {
  const record = await readFile(join(folder, 'exit'), 'latin1').catch(() => '')
  const match = /^(\d{1,3})\n$/.exec(record)
  return match ? Number(match[1]) : undefined
}

async function recorded(folder: string): Promise<ProcessIdentity | undefined> {
  const deadline = Date.now() + RECORD_MS
  while (Date.now() < deadline) {
    const identity = await identityIn(folder)
    if (identity) return identity
    await new Promise(resolve => setTimeout(resolve, 2))
  }
  return undefined
}
