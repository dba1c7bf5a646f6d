import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { BallastError, messageOf } from '../../../core/index.ts'
import type { Executor, SandboxKind } from '../../../runner/index.ts'

/** The runner's ways to run a job, made when the first job needs one. */
export interface Executors {
  /** A text: why there is none. */
  container(): Promise<Executor | string>
  sandbox(kind: 'auto' | SandboxKind): Promise<Executor>
}

export function executorsIn(folder: string): Executors {
  const made = new Map<string, Promise<Executor>>()
  const sandbox = (kind: 'auto' | SandboxKind): Promise<Executor> => {
    const known = made.get(kind) ?? make(folder, kind)
    made.set(kind, known)
    return known
  }
  let container: Promise<Executor | string> | undefined
  return {
    sandbox,
    container() {
      container ??= containerBy(folder)
      return container
    },
  }
}

async function make(folder: string, sandbox: 'auto' | SandboxKind): Promise<Executor> {
  const { chooseExecutor } = await import('../../../runner/index.ts')
  return chooseExecutor({ sandbox, dataDir: makeFolder(folder) })
}

async function containerBy(folder: string): Promise<Executor | string> {
  const { chooseContainers } = await import('../../../runner/index.ts')
  try {
    return await chooseContainers({ dataDir: makeFolder(folder) })
  } catch (error) {
    if (error instanceof BallastError && error.code === 'ENGINE_UNAVAILABLE') return messageOf(error)
    throw error
  }
}

function makeFolder(folder: string): string {
  const dataDir = join(folder, 'executor')
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  return dataDir
}
