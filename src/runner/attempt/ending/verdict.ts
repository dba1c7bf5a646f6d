import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Finish } from '../../../api/index.ts'
import { formatDuration, formatSize, messageOf } from '../../../core/index.ts'
import { MAX_LOG_BYTES } from '../../log/stream.ts'
import type { JobPhase } from '../../received.ts'
import { isPlain, type ShellName } from '../../script/job-script.ts'
import { decidedIn } from '../../script/outcome.ts'
import type { Conclusion, StopReason } from '../folder.ts'

const MAX_REASON = 1900

/** Of a job, what its verdict depends on. */
interface Judged {
  readonly work:
    | { readonly kind: 'script'; readonly shell: ShellName; readonly phases: readonly JobPhase[] }
    | { readonly kind: 'stage' }
  readonly timeoutMs: number
}

/** What is known of an attempt once its processes are dead. */
export interface Ended {
  readonly offer: Judged
  /** Where its script told what came of it. */
  readonly out: string
  /** Of the script; undefined: it was killed from outside. */
  readonly exitCode: number | undefined
  readonly stop: StopReason | undefined
  /** Phases that were over their limit. */
  readonly timedOut: ReadonlySet<number>
}

/** What came of a job, before anything of it is kept. */
export type Verdict = Pick<Finish, 'outcome' | 'exitCode' | 'reason' | 'cause'>

/** How the work of an attempt ended. The first phase that decided gives outcome and exit code. */
export async function verdictOf({ offer, out, exitCode, stop, timedOut }: Ended): Promise<Verdict> {
  if (stop) return stopped(stop, offer)
  if (exitCode === undefined) return KILLED_FROM_OUTSIDE
  if (!(await exists(join(out, 'begun')))) {
    const reason = `The sandbox could not be started (exit code ${exitCode}); the log says why`
    return { outcome: 'errored', exitCode, reason, cause: 'setup' }
  }
  const decided = mayDecide(offer) ? await decidedIn(out) : undefined
  if (!decided) {
    return exitCode === 0
      ? { outcome: 'succeeded', exitCode }
      : { outcome: 'failed', exitCode, reason: exitReason(exitCode), cause: 'script' }
  }
  return decidedAs(offer, decided, timedOut)
}

/** Whether its script says more than its exit code. */
function mayDecide({ work }: Judged): boolean {
  return work.kind === 'script' && !isPlain(work)
}

function decidedAs(
  { work }: Judged,
  { outcome, exitCode, phase }: NonNullable<Awaited<ReturnType<typeof decidedIn>>>,
  timedOut: ReadonlySet<number>,
): Verdict {
  const written = work.kind === 'script' ? work.phases[phase] : undefined
  const name = written?.name ?? `phase ${phase + 1}`
  if (timedOut.has(phase)) {
    const reason = `${name} ran longer than its limit of ${formatDuration(written?.timeout ?? 0)}`
    return { outcome, exitCode, reason, cause: 'timeout' }
  }
  const reason = name === 'script' ? exitReason(exitCode) : `${name}: ${exitReason(exitCode)}`
  return { outcome, exitCode, reason, cause: 'script' }
}

const KILLED_FROM_OUTSIDE: Verdict = {
  outcome: 'errored',
  reason: 'Its process ended without an exit status: it was killed from outside, or the machine restarted',
  cause: 'runner',
}

/** The end of a job that was stopped before its time. */
function stopped(reason: StopReason, offer: Judged): Verdict {
  switch (reason) {
    case 'canceled':
      return { outcome: 'canceled', reason: 'It was canceled' }
    case 'runner stopped':
      return { outcome: 'canceled', reason: 'Its runner was stopped', cause: 'runner' }
    case 'timed out': {
      const limit = formatDuration(offer.timeoutMs)
      return { outcome: 'failed', reason: `It ran longer than its limit of ${limit}`, cause: 'timeout' }
    }
    case 'log too long': {
      const limit = formatSize(MAX_LOG_BYTES)
      const reason = `It wrote much more than the ${limit} that a log may hold`
      return { outcome: 'failed', reason, cause: 'script' }
    }
  }
}

/** The end of an attempt that was stopped before it ran. */
export function stoppedAs(reason: StopReason, offer: Judged): Conclusion {
  return { ...stopped(reason, offer), artifacts: [] }
}

/** The end of an attempt that could not be tried. */
export function errored(error: unknown, cause: NonNullable<Finish['cause']>): Conclusion {
  return { outcome: 'errored', reason: messageOf(error).slice(0, MAX_REASON), cause, artifacts: [] }
}

/** `exit code 3`, or the signal that a shell's status above 128 stands for. */
export function exitReason(code: number): string {
  const signals: Readonly<Record<number, string>> = {
    132: 'an illegal instruction',
    134: 'SIGABRT: the program gave up',
    136: 'an arithmetic error',
    137: 'SIGKILL: perhaps the machine was short of memory',
    139: 'SIGSEGV: an invalid memory access',
    143: 'SIGTERM',
  }
  const signal = signals[code]
  return signal ? `ended by ${signal} (exit code ${code})` : `exit code ${code}`
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}
