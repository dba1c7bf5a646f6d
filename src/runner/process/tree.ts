import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { statOf } from '../../core/index.ts'

/** Pids of everything below `root`, nearest first. Not `root` itself. */
export function descendants(root: number): readonly number[] {
  const children = new Map<number, number[]>()
  for (const pid of allPids()) {
    const stat = statOf(pid)
    if (!stat || stat.state === 'Z') continue
    const siblings = children.get(stat.parent)
    if (siblings) siblings.push(pid)
    else children.set(stat.parent, [pid])
  }
  const found: number[] = []
  const queue = [root]
  for (let parent = queue.shift(); parent !== undefined; parent = queue.shift()) {
    for (const pid of children.get(parent) ?? []) {
      found.push(pid)
      queue.push(pid)
    }
  }
  return found
}

/** Processes whose environment marks them as this attempt's, though they left its tree (daemons). */
export function marked(attempt: string): readonly number[] {
  const mark = `BALLAST_ATTEMPT=${attempt}`
  return allPids().filter(pid => {
    if (pid === process.pid) return false
    try {
      return environmentOf(pid).split('\0').includes(mark)
    } catch {
      return false
    }
  })
}

/** Whether a process is the script of a job (`/bin/sh -e …/job.sh`), not a shell that it started for a phase. */
export function isDriver(pid: number): boolean {
  try {
    const [program, option, script, more] = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0')
    return program === '/bin/sh' && option === '-e' && script?.endsWith('/job.sh') === true && more === ''
  } catch {
    return false
  }
}

/** Processes of a uid that only one slot uses. */
export function ownedBy(uid: number): readonly number[] {
  return allPids().filter(pid => {
    try {
      return statSync(`/proc/${pid}`).uid === uid
    } catch {
      return false
    }
  })
}

/**
 * Those of `pids` that run in a pid namespace of their own. TERM goes to them and not to the process that waits
 * for them outside: it would end and leave them behind.
 */
export function inner(pids: readonly number[]): readonly number[] {
  const own = namespaceOf(process.pid)
  return pids.filter(pid => {
    const namespace = namespaceOf(pid)
    return namespace !== undefined && namespace !== own
  })
}

export function signalAll(pids: readonly number[], signal: 'SIGTERM' | 'SIGKILL'): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch {
      // It has ended in the meantime.
    }
  }
}

/** While a process is becoming another program its environment looks empty: that takes well under this. */
const BECOMING_MS = 5

function environmentOf(pid: number): string {
  const since = performance.now()
  for (;;) {
    const environment = readFileSync(`/proc/${pid}/environ`, 'latin1')
    // A thread of the kernel never has one, nor a program: the link can't be read.
    if (environment !== '' || performance.now() - since > BECOMING_MS || !readlinkSync(`/proc/${pid}/exe`)) {
      return environment
    }
  }
}

function namespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`)
  } catch {
    return undefined
  }
}

function allPids(): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
}
