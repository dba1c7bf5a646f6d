import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Milliseconds } from '../../../core/index.ts'
import { DONE } from './files.ts'
import type { TaskName } from './tasks.ts'

/** A process that does one task after the other, until it is ended or a task ends it. */
export class Helper {
  readonly #child: ChildProcess
  #how: string | undefined
  #settle: (how: string | undefined) => void = () => undefined
  #late = false

  /** `program` starts this very program: `[node, script]`. */
  constructor([command = process.execPath, ...args]: readonly string[], say?: (line: string) => void) {
    const child = spawn(command, [...args, 'apart'], { stdio: ['pipe', 'pipe', 'ignore'] })
    this.#child = child
    // It may end before it reads, and then there is nobody to tell.
    child.stdin.on('error', () => undefined)
    createInterface({ input: child.stdout }).on('line', line =>
      line === DONE ? this.#settle(undefined) : say?.(line),
    )
    child.once('error', error => this.#end(error.message))
    child.once('close', (status, signal) =>
      this.#end(signal ? `it was ended by ${signal}` : `it ended with status ${status}`),
    )
  }

  get alive(): boolean {
    return this.#how === undefined
  }

  /** Undefined when it is done; how the process ended, where it did instead. */
  async do(task: TaskName, folder: string, deadline?: Milliseconds): Promise<string | undefined> {
    if (this.#how !== undefined) return this.#how
    const kill = () => {
      this.#late = true
      this.#child.kill('SIGKILL')
    }
    const timer = deadline === undefined ? undefined : setTimeout(kill, deadline)
    const settled = new Promise<string | undefined>(resolve => {
      this.#settle = resolve
    })
    this.#child.stdin?.write(`${task} ${folder}\n`)
    const how = await settled
    clearTimeout(timer)
    return how !== undefined && this.#late ? `it took longer than ${(deadline ?? 0) / 1000} s` : how
  }

  /** It is gone when this resolves. */
  async close(): Promise<void> {
    if (this.#how !== undefined) return
    const gone = new Promise<string | undefined>(resolve => {
      this.#settle = resolve
    })
    this.#child.stdin?.end()
    await gone
  }

  #end(how: string): void {
    this.#how ??= how
    this.#settle(this.#how)
  }
}
