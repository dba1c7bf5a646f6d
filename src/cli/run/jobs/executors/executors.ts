import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { BallastError, messageOf } from '../../../../core/index.ts'
import type { Executor } from '../../../../runner/index.ts'

/** The runner's ways to run a job, made when the first job needs one. A text: why there is none. */
export interface Executors {
  container(): Promise<Executor | string>
  bubblewrap(): Promise<Executor | string>
  /** This machine as it is, for phases that share a shell. */
  plain(): Promise<Executor>
}

const UNAVAILABLE: ReadonlySet<string> = new Set(['ENGINE_UNAVAILABLE', 'SANDBOX_UNAVAILABLE'])

export function executorsIn(folder: string): Executors {
  const runner = () => import('../../../../runner/index.ts')
  const dataDir = (): string => {
    const made = join(folder, 'executor')
    mkdirSync(made, { recursive: true, mode: 0o700 })
    return made
  }
  return {
    container: once(() => orReason(async () => (await runner()).chooseContainers({ dataDir: dataDir() }))),
    bubblewrap: once(() =>
      orReason(async () => (await runner()).chooseExecutor({ sandbox: 'bubblewrap', dataDir: dataDir() })),
    ),
    plain: once(async () => (await runner()).chooseExecutor({ sandbox: 'none', dataDir: dataDir() })),
  }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}

async function orReason(make: () => Promise<Executor>): Promise<Executor | string> {
  try {
    return await make()
  } catch (error) {
    if (error instanceof BallastError && UNAVAILABLE.has(error.code)) return messageOf(error)
    throw error
  }
}
