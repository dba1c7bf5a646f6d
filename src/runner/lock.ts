import { open, readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { isAlive, ownIdentity, type ProcessIdentity, systemCode } from '../core/index.ts'
import { RunnerError } from './errors.ts'

/**
 * Keeps a second runner out of a folder: two would adopt the same attempts. The file names the process that
 * holds it; one that is dead holds nothing. Throws RUNNER_ALREADY_RUNNING. Gives what releases it.
 */
export async function lockFolder(dataDir: string): Promise<() => Promise<void>> {
  const path = join(dataDir, 'runner.lock')
  for (let n = 0; n < 3; n++) {
    try {
      const handle = await open(path, 'wx', 0o600)
      await handle.writeFile(JSON.stringify(ownIdentity()))
      await handle.close()
      return () => unlink(path).catch(() => undefined)
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error
    }
    const holder = await readHolder(path)
    if (holder && isAlive(holder)) {
      throw new RunnerError('RUNNER_ALREADY_RUNNING', {
        message: `Process ${holder.pid} runs attempts in ${dataDir}`,
        hint: 'Stop it, or give this runner a folder of its own (--data).',
        details: { pid: holder.pid },
      })
    }
    await unlink(path).catch(() => undefined)
  }
  throw new RunnerError('RUNNER_ALREADY_RUNNING', {
    message: `Another runner is starting in ${dataDir}`,
    hint: 'Give each runner a folder of its own (--data).',
  })
}

async function readHolder(path: string): Promise<ProcessIdentity | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (typeof value !== 'object' || value === null) return undefined
    const { pid, startTime, boot } = value as Record<string, unknown>
    if (typeof pid !== 'number' || typeof startTime !== 'string' || typeof boot !== 'string') return undefined
    return { pid, startTime, boot }
  } catch {
    return undefined
  }
}
