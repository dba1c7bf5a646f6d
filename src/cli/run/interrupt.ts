import { setMaxListeners } from 'node:events'

export interface Interrupts {
  /** After the first Ctrl-C, or a TERM. */
  readonly asked: AbortSignal
  /** After the second. */
  readonly killed: AbortSignal
  close(): void
}

/** The first Ctrl-C asks the jobs to end, the second kills them. */
export function watchInterrupts(told: () => void): Interrupts {
  const asked = new AbortController()
  const killed = new AbortController()
  // Each job listens.
  setMaxListeners(0, asked.signal, killed.signal)
  const interrupt = (): void => {
    if (asked.signal.aborted) killed.abort()
    else {
      told()
      asked.abort(new Error('the run was stopped'))
    }
  }
  const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const name of SIGNALS) process.on(name, interrupt)
  return {
    asked: asked.signal,
    killed: killed.signal,
    close() {
      for (const name of SIGNALS) process.off(name, interrupt)
    },
  }
}
