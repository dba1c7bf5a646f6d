import { setTimeout as delay } from 'node:timers/promises'
import type { Milliseconds } from '../../../../core/index.ts'
import type { Variables } from '../environment.ts'
import { type Ended, signalGroup } from './process.ts'
import { quote } from './shell.ts'
import type { Shells } from './shells.ts'

/** Between asking a job to end (TERM) and ending it (KILL). */
const ASK_MS = 5000
/** After KILL: what is still there is asked for again. */
const LOOK_MS = 10
/** How often a running job's output is looked at. */
const OUTPUT_MS = 50

export interface ShellCommand {
  readonly shells: Shells
  /** Program and words; both outputs are appended to `log`. */
  readonly command: readonly string[]
  readonly folder: string
  readonly env: Variables
  readonly log: string
  readonly started: (pid: number) => void
  /** Called again and again while it runs; false: it is to be ended. */
  readonly look: () => boolean
  /** Aborted: asked to end, then ended. */
  readonly signal: AbortSignal
  /** Aborted: ended, and not asked. */
  readonly kill: AbortSignal
  readonly timeout: Milliseconds
}

/** `output`: it wrote more than a log may hold. */
export type ShellEnded = Ended | { readonly kind: 'output' }

/** A command in a process group of its own, started by one of the shells. What it leaves in its group ends with it. */
export async function runInShell(wanted: ShellCommand): Promise<ShellEnded> {
  const { shells, signal, kill } = wanted
  if (signal.aborted || kill.aborted) return { kind: 'canceled' }
  const { pid, ended } = shells.launch(lineOf(wanted))
  const group = await pid
  wanted.started(group)
  const stopping = Promise.withResolvers<'canceled' | 'timeout' | 'output'>()
  const cancel = (): void => stopping.resolve('canceled')
  // Longer than a timer can be is longer than anything runs.
  const limit =
    wanted.timeout < 2 ** 31 ? setTimeout(() => stopping.resolve('timeout'), wanted.timeout) : undefined
  const looking = setInterval(() => void (wanted.look() || stopping.resolve('output')), OUTPUT_MS)
  signal.addEventListener('abort', cancel, { once: true })
  kill.addEventListener('abort', cancel, { once: true })
  try {
    const first = await Promise.race([ended, stopping.promise])
    if (typeof first !== 'number') {
      await stop(group, ended, kill)
      return { kind: first }
    }
    return { kind: 'exit', code: first }
  } finally {
    clearTimeout(limit)
    clearInterval(looking)
    signal.removeEventListener('abort', cancel)
    kill.removeEventListener('abort', cancel)
  }
}

/** Asks, waits, and kills, until it has ended. */
async function stop(group: number, ended: Promise<number>, kill: AbortSignal): Promise<void> {
  const over = ended.then(
    () => true,
    () => true,
  )
  if (!kill.aborted) {
    signalGroup(group, 'SIGTERM')
    const killed = new Promise<boolean>(resolve =>
      kill.addEventListener('abort', () => resolve(false), { once: true }),
    )
    await Promise.race([over, killed, delay(ASK_MS, false, { ref: false })])
  }
  do signalGroup(group, 'SIGKILL')
  while (!(await Promise.race([over, delay(LOOK_MS, false)])))
}

/** Names that a shell refuses to set, or that would change how it reads what follows. */
const NOT_SET: ReadonlySet<string> = new Set([
  'BASHOPTS',
  'SHELLOPTS',
  'BASH_VERSINFO',
  'EUID',
  'PPID',
  'UID',
  'IFS',
])

function lineOf({ command, folder, env, log }: ShellCommand): string {
  let set = ''
  for (const [name, value] of Object.entries(env)) if (!NOT_SET.has(name)) set += `${name}=${quote(value)} `
  const words = command.map(quote).join(' ')
  return `cd ${quote(folder)}; unset OLDPWD\n${set}${words} >> ${quote(log)} 2>&1 < /dev/null &\n`
}
