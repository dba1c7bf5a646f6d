import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, writeFile } from 'node:fs/promises'
import { setPriority } from 'node:os'

/** A start gets about a third of what a process that serves gets, where both want the same processor: it must end some day. */
const START_NICENESS = 5

/**
 * Lets replicas load and warm up behind those that serve. Linux has two scales: a process's own niceness, which only a
 * privileged process may take back, and that of its session's group (autogroup), which its owner may; where groups are
 * on, the first counts only within the second. Whatever this system lets us set and take back is used.
 */
export class StartPriority {
  readonly #niceness: boolean
  readonly #groups: boolean

  constructor({ niceness, groups }: { readonly niceness: boolean; readonly groups: boolean }) {
    this.#niceness = niceness
    this.#groups = groups
  }

  static async detect(): Promise<StartPriority> {
    const groups = process.platform === 'linux'
    return new StartPriority({ groups, niceness: groups && (await mayTakeBack()) })
  }

  /** What starts a process, so that its first thread and all that it makes are nice from the beginning. */
  command(command: readonly string[]): readonly string[] {
    return this.#niceness ? ['nice', '-n', String(START_NICENESS), ...command] : command
  }

  /** To be called for a process that leads its own session. */
  async lower(pid: number): Promise<void> {
    await this.#setGroup(pid, START_NICENESS)
  }

  /** What `command` does, for a process that runs already. */
  async lowerThreads(pid: number): Promise<void> {
    if (this.#niceness) await setThreads(pid, START_NICENESS)
  }

  /** As any other process again: every thread, for each has its own niceness. */
  async restore(pid: number): Promise<void> {
    await this.#setGroup(pid, 0)
    if (this.#niceness) await setThreads(pid, 0)
  }

  async #setGroup(pid: number, niceness: number): Promise<void> {
    if (this.#groups) await writeFile(`/proc/${pid}/autogroup`, String(niceness)).catch(() => undefined)
  }
}

/** Each thread has its own. */
async function setThreads(pid: number, niceness: number): Promise<void> {
  for (const thread of await readdir(`/proc/${pid}/task`).catch(() => [])) {
    try {
      setPriority(Number(thread), niceness)
    } catch {
      // The thread has ended.
    }
  }
}

/** Tried on a process of no importance: a replica that could not be raised again would stay slow for good. */
async function mayTakeBack(): Promise<boolean> {
  const probe = spawn('nice', ['-n', '1', 'sleep', '10'], { stdio: 'ignore' })
  try {
    await once(probe, 'spawn')
    setPriority(probe.pid!, 1)
    setPriority(probe.pid!, 0)
    return true
  } catch {
    return false
  } finally {
    probe.kill('SIGKILL')
  }
}
