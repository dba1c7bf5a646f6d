import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
/** Folders that are given up within this go together. */
const GATHER_MS = 100

/**
 * Removes folders of ended attempts, several at a time, in one `rm`: by Node alone it took longer than a short
 * job itself. What a crash leaves is found by its dotted name at the next start.
 */
export class Trash {
  #waiting: string[] = []
  #timer: NodeJS.Timeout | undefined
  #work: Promise<void> = Promise.resolve()

  add(...paths: readonly string[]): void {
    this.#waiting.push(...paths)
    this.#timer ??= setTimeout(() => this.#begin(), GATHER_MS)
  }

  /** Resolves when everything that was added is gone. */
  async emptied(): Promise<void> {
    this.#begin()
    await this.#work
  }

  #begin(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const paths = this.#waiting
    this.#waiting = []
    if (paths.length > 0) this.#work = this.#work.then(() => removeTrees(paths))
  }
}

/** Removes folders with all they hold, also what a job has made unreadable. */
export async function removeTrees(paths: readonly string[]): Promise<void> {
  try {
    await run('rm', ['-rf', '--', ...paths])
  } catch {
    await run('chmod', ['-R', 'u+rwX', '--', ...paths]).catch(() => undefined)
    for (const path of paths) await rm(path, { recursive: true, force: true })
  }
}
