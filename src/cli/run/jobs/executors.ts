import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
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
  return { sandbox, container: async () => 'there is no container engine' }
}

async function make(folder: string, sandbox: 'auto' | SandboxKind): Promise<Executor> {
  const { chooseExecutor } = await import('../../../runner/index.ts')
  const dataDir = join(folder, 'executor')
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  return chooseExecutor({ sandbox, dataDir })
}
