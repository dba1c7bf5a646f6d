import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import type { Milliseconds } from '../../../../core/index.ts'

/** Between asking a job to end (TERM) and ending it (KILL). */
const ASK_MS = 5000
/** After its shell has ended, output of what it left behind is read for no longer than this. */
const DRAIN_MS = 500

export interface Command {
  readonly command: readonly string[]
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  readonly output: (bytes: Buffer) => void
  /** Told at once. */
  readonly started: (pid: number) => void
  /** Aborted: asked to end, then ended. */
  readonly signal: AbortSignal
  /** Aborted: ended, and not asked. */
  readonly kill: AbortSignal
  readonly timeout: Milliseconds
}

export type Ended =
  | { readonly kind: 'exit'; readonly code: number; readonly signal?: NodeJS.Signals }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'canceled' }
  /** It never began. */
  | { readonly kind: 'unstarted'; readonly reason: string }

/**
 * A command in a process group of its own. What it leaves behind in that group is ended with it, so nothing of a
 * job outlives the job but what went into a session of its own.
 */
export function runCommand(wanted: Command): Promise<Ended> {
  const { command, folder, env, signal, kill, timeout } = wanted
  if (signal.aborted) return Promise.resolve({ kind: 'canceled' })
  return new Promise(resolve => {
    const [program = '', ...words] = command
    const child = start(program, words, folder, env)
    if (child instanceof Error) return resolve({ kind: 'unstarted', reason: child.message })
    let stopped: 'timeout' | 'canceled' | undefined
    let asked: NodeJS.Timeout | undefined
    const group = (name: NodeJS.Signals): void => signalGroup(child.pid, name)
    const stop = (why: 'timeout' | 'canceled'): void => {
      if (stopped) return
      stopped = why
      group('SIGTERM')
      asked = setTimeout(() => group('SIGKILL'), ASK_MS)
    }
    const cancel = (): void => stop('canceled')
    const killNow = (): void => {
      stop('canceled')
      group('SIGKILL')
    }
    // Longer than a timer can be is longer than anything runs.
    const limit = timeout < 2 ** 31 ? setTimeout(() => stop('timeout'), timeout) : undefined
    signal.addEventListener('abort', cancel, { once: true })
    kill.addEventListener('abort', killNow, { once: true })
    const end = (ended: Ended): void => {
      clearTimeout(limit)
      clearTimeout(asked)
      signal.removeEventListener('abort', cancel)
      kill.removeEventListener('abort', killNow)
      resolve(ended)
    }
    child.stdout.on('data', wanted.output)
    child.once('error', error => {
      if (child.pid === undefined) end({ kind: 'unstarted', reason: error.message })
    })
    child.once('exit', (code, by) => {
      group('SIGKILL')
      const drained = setTimeout(() => child.stdout.destroy(), DRAIN_MS)
      child.once('close', () => {
        clearTimeout(drained)
        if (stopped) end({ kind: stopped })
        else end({ kind: 'exit', code: code ?? 128 + signalNumber(by), ...(by && { signal: by }) })
      })
    })
    if (child.pid !== undefined) wanted.started(child.pid)
  })
}

function start(program: string, words: readonly string[], folder: string, env: Command['env']) {
  try {
    return spawn(program, words, { cwd: folder, env, detached: true, stdio: ['ignore', 'pipe', 'ignore'] })
  } catch (error) {
    // Variables that are too long for the system come as a throw.
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** Signals a process group, where there still is one. */
export function signalGroup(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, name)
  } catch {
    // It has ended in the meantime.
  }
}

function signalNumber(name: NodeJS.Signals | null): number {
  return name === null ? 0 : constants.signals[name]
}
