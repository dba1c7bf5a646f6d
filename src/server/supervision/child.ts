import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectControl, type Link } from './link.ts'
import { openLog } from './logs.ts'

/** Loading a large program on a busy machine takes seconds. */
const OPEN_DEADLINE_MS = 60_000
const LOOK_EVERY_MS = 20

export interface Started {
  readonly pid: number
  /** Bytes that its log had before. */
  readonly logFrom: number
  readonly exited: Promise<void>
  /** Its control socket once it has opened it; undefined when it died before. */
  readonly link: Promise<Link | undefined>
  kill(signal: NodeJS.Signals): void
}

/**
 * Starts a role in a session of its own, with its output in its log file: neither Ctrl-C in the terminal nor the
 * death of the supervisor reaches it.
 */
export async function startChild(argv: readonly string[], socket: string, logFile: string): Promise<Started> {
  const log = await openLog(logFile)
  const { size } = await log.stat()
  const child = spawn(process.execPath, argv, {
    detached: true,
    cwd: dirname(logFile),
    stdio: ['ignore', log.fd, log.fd],
  })
  const exited = once(child, 'exit').then(
    () => undefined,
    () => undefined,
  )
  child.unref()
  await log.close()
  return {
    pid: child.pid ?? -1,
    logFrom: size,
    exited,
    link: openLink(socket, child),
    kill: signal => child.kill(signal),
  }
}

async function openLink(path: string, child: ChildProcess): Promise<Link | undefined> {
  const deadline = performance.now() + OPEN_DEADLINE_MS
  while (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    const link = await connectControl(path)
    if (link !== undefined) return link
    if (performance.now() > deadline) child.kill('SIGKILL')
    await sleep(LOOK_EVERY_MS)
  }
  return undefined
}
