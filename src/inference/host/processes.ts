import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile, stat, truncate } from 'node:fs/promises'
import { systemCode } from '../../core/index.ts'
import { sleep } from '../agents/index.ts'

/** A replica's log is cut at its next start past here; it writes a few lines in its life. */
const MAX_LOG_BYTES = 1 << 20
const TAIL_BYTES = 4096
/** After SIGTERM, before SIGKILL. */
const END_LIMIT_MS = 35_000

/** A process, told apart from a later one that got the same number. */
export interface ProcessId {
  readonly pid: number
  /** Clock ticks from boot to its start (proc(5), field 22); empty where the system does not tell. */
  readonly startTime: string
}

/**
 * Starts a process in a session of its own, its output in a file. It outlives this one; a `tied` one is given a
 * standard input that ends with this one. `env`: beside this one's own. Throws what the system says of the program.
 */
export async function startDetached(
  command: readonly string[],
  log: string,
  { tied = false, env = {} }: { readonly tied?: boolean; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<ChildProcess> {
  const size = await stat(log).then(
    ({ size }) => size,
    () => 0,
  )
  if (size > MAX_LOG_BYTES) await truncate(log)
  const file = await open(log, 'a', 0o600)
  try {
    const [program = process.execPath, ...args] = command
    const child = spawn(program, args, {
      detached: true,
      env: { ...process.env, ...env },
      stdio: [tied ? 'pipe' : 'ignore', file.fd, file.fd],
    })
    await once(child, 'spawn')
    // The host may end before it.
    child.unref()
    return child
  } finally {
    await file.close()
  }
}

export async function identify(pid: number): Promise<ProcessId> {
  return { pid, startTime: (await startTimeOf(pid)) ?? '' }
}

/** Whether this very process still runs. A zombie does not. */
export async function isAlive({ pid, startTime }: ProcessId): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (systemCode(error) !== 'EPERM') return false
  }
  if (startTime === '') return true
  return (await startTimeOf(pid)) === startTime
}

/** Sends a signal to that process and no other. */
export async function signal(id: ProcessId, name: NodeJS.Signals): Promise<void> {
  if (!(await isAlive(id))) return
  try {
    process.kill(id.pid, name)
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error
  }
}

/** Asks a process to end; ends it when it does not. */
export async function endProcess(id: ProcessId): Promise<void> {
  await signal(id, 'SIGTERM')
  const limit = performance.now() + END_LIMIT_MS
  const never = new AbortController().signal
  while (await isAlive(id)) {
    if (performance.now() > limit) await signal(id, 'SIGKILL')
    await sleep(20, never)
  }
}

export function readProcess(text: string): ProcessId | undefined {
  try {
    const { pid, startTime } = JSON.parse(text) as Partial<ProcessId>
    return typeof pid === 'number' && pid > 1 && typeof startTime === 'string'
      ? { pid, startTime }
      : undefined
  } catch {
    return undefined
  }
}

/** Resident memory in bytes; undefined where the system does not tell. */
export async function residentBytes(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(status)
  return match ? Number(match[1]) * 1024 : undefined
}

/** Last lines of a log. */
export async function tailOf(log: string, lines: number): Promise<string> {
  const file = await open(log, 'r').catch(() => undefined)
  if (file === undefined) return ''
  try {
    const { size } = await file.stat()
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES))
    await file.read(bytes, 0, bytes.length, size - bytes.length)
    return String(bytes).trimEnd().split('\n').slice(-lines).join('\n')
  } finally {
    await file.close()
  }
}

async function startTimeOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  // The name in parentheses may hold spaces and parentheses: fields are counted from the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' ? 'zombie' : fields[19]
}
