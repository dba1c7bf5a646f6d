import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Reads names of files, and runs each: it starts one process in the background. With job control (`set -m`) such a
 * process has a group of its own and hears SIGINT; without, it would be deaf to it. What it leaves in its group is
 * killed.
 */
const LOOP = `set -m
while IFS= read -r file; do
  . "$file"
  echo "started $!"
  wait $!
  code=$?
  kill -KILL -- "-$!"
  echo "ended $code"
done
`
/** With a network connection as its input, bash would read ~/.bashrc. */
const WORDS: readonly string[] = ['--norc', '--noprofile', '-c', LOOP, 'ballast-shell']

export interface Launched {
  /** Also its process group. */
  readonly pid: Promise<number>
  /** Exit code, above 128 for a signal. */
  readonly ended: Promise<number>
}

/**
 * Small shells that start the jobs' processes, one for each place. To fork this process itself takes milliseconds
 * each time, in which it does nothing else: its memory is large, a shell's is not. They end with this process, as
 * their input closes.
 */
export class Shells {
  readonly #folder: string
  readonly #program: string
  readonly #idle: Shell[] = []
  #made = 0

  constructor(folder: string, program: string) {
    this.#folder = join(folder, 'shells')
    this.#program = program
    mkdirSync(this.#folder, { mode: 0o700 })
  }

  /** Runs a line of shell that starts one process in the background (`… &`). */
  launch(line: string): Launched {
    const shell = this.#idle.pop() ?? new Shell(this.#program, join(this.#folder, `${this.#made++}.sh`))
    const launched = shell.launch(line)
    const free = (): void => void (shell.alive && this.#idle.push(shell))
    launched.ended.then(free, () => undefined)
    return launched
  }

  close(): void {
    for (const shell of this.#idle.splice(0)) shell.close()
  }
}

class Shell {
  alive = true
  readonly #process: ChildProcess
  readonly #path: string
  readonly #file: number
  #told = ''
  #started: PromiseWithResolvers<number> | undefined
  #ended: PromiseWithResolvers<number> | undefined

  constructor(program: string, path: string) {
    this.#path = path
    this.#file = openSync(path, 'w', 0o600)
    this.#process = spawn(program, WORDS, {
      cwd: '/',
      env: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' },
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    this.#process.stdout?.on('data', (bytes: Buffer) => this.#hear(bytes.toString('latin1')))
    this.#process.stdin?.on('error', () => undefined)
    this.#process.on('error', error => this.#lose(error))
    this.#process.on('exit', () => this.#lose(new Error('The shell that starts jobs was ended from outside')))
  }

  launch(line: string): Launched {
    const [started, ended] = [Promise.withResolvers<number>(), Promise.withResolvers<number>()]
    this.#started = started
    this.#ended = ended
    for (const { promise } of [started, ended]) promise.catch(() => undefined)
    // Over what is there, and no longer than it is read: to cut a file short costs ext4 a write to the disk.
    writeSync(this.#file, `${line}return\n`, 0)
    this.#process.stdin?.write(`${this.#path}\n`)
    return { pid: started.promise, ended: ended.promise }
  }

  close(): void {
    this.#process.stdin?.end()
    closeSync(this.#file)
  }

  #hear(text: string): void {
    const lines = (this.#told + text).split('\n')
    this.#told = lines.pop() ?? ''
    for (const line of lines) {
      const [what, number] = line.split(' ')
      if (what === 'started') this.#started?.resolve(Number(number))
      if (what === 'ended') this.#ended?.resolve(Number(number))
    }
  }

  #lose(error: Error): void {
    this.alive = false
    this.#started?.reject(error)
    this.#ended?.reject(error)
  }
}
