import { readFileSync } from 'node:fs'

/**
 * A process beyond doubt: a pid is given again, but not with the same start time (clock ticks since boot) in
 * the same boot.
 */
export interface ProcessIdentity {
  readonly pid: number
  readonly startTime: string
  readonly boot: string
}

interface ProcessStat {
  readonly pid: number
  readonly state: string
  readonly parent: number
  readonly startTime: string
}

/** Reads a line of /proc/<pid>/stat; undefined for anything else. The name, in brackets, may hold anything. */
export function parseStat(line: string): ProcessStat | undefined {
  const open = line.indexOf(' (')
  const close = line.lastIndexOf(') ')
  if (open < 1 || close < open) return undefined
  const pid = Number(line.slice(0, open))
  // After the name: field 3 is the state, 4 the parent, 22 the start time.
  const rest = line
    .slice(close + 2)
    .trimEnd()
    .split(' ')
  const startTime = rest[19]
  if (!Number.isSafeInteger(pid) || pid < 1 || !startTime || !/^\d+$/.test(startTime)) return undefined
  return { pid, state: rest[0]!, parent: Number(rest[1]), startTime }
}

export function statOf(pid: number): ProcessStat | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return undefined
  }
}

export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
}

/** This very process. */
export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, startTime: statOf(process.pid)?.startTime ?? '0', boot: bootId() }
}

/** Whether it still runs. A zombie does not. */
export function isAlive({ pid, startTime, boot }: ProcessIdentity): boolean {
  const stat = statOf(pid)
  if (!stat || stat.startTime !== startTime || stat.state === 'Z' || stat.state === 'X') return false
  return boot === bootId()
}
