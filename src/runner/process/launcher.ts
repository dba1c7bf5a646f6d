import { type ChildProcess, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { follow, type JobProcess, started } from './follow.ts'
import { shimScript } from './shim.ts'

const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' }

/**
 * Reads names of attempts' folders and starts the shim of each in a session of its own. `setsid --fork` rather
 * than `&`: what a shell puts into the background is deaf to SIGINT, and so would be every job.
 */
const LAUNCHER = `
while IFS= read -r folder; do
  setsid --fork /bin/sh "$folder/shim.sh" < /dev/null >> "$folder/log" 2>&1
done
`

/**
 * Starts shims from a small shell that is kept for it. To fork the runner itself takes several milliseconds
 * each time, in which it does nothing else: its memory is large, the shell's is not. The launcher ends with the
 * runner (its input closes), and the shims live on.
 */
export class Launcher {
  #shell: ChildProcess | undefined

  /** Starts `command` under a shim, its output appended to `<folder>/log`. */
  async launch(folder: string, command: readonly string[]): Promise<JobProcess> {
    await writeFile(join(folder, 'shim.sh'), shimScript(folder, command), { mode: 0o600 })
    this.#running().stdin?.write(`${folder}\n`)
    const identity = await started(folder)
    if (!identity) throw new Error('The process did not start: is `setsid` of util-linux installed?')
    return follow(folder, identity)
  }

  close(): void {
    this.#shell?.stdin?.end()
    this.#shell = undefined
  }

  #running(): ChildProcess {
    if (this.#shell) return this.#shell
    const shell = spawn('/bin/sh', ['-c', LAUNCHER, 'ballast-launcher'], {
      cwd: '/',
      env: ENVIRONMENT,
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    const forget = (): void => {
      if (this.#shell === shell) this.#shell = undefined
    }
    shell.once('exit', forget)
    shell.once('error', forget)
    shell.stdin.on('error', forget)
    shell.unref()
    this.#shell = shell
    return shell
  }
}
