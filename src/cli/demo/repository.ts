import { spawn } from 'node:child_process'
import { copyFile, cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { BallastError } from '../../core/index.ts'

/** A user's clone of the example, driven by the machine's own git. */
export class DemoRepository {
  readonly folder: string
  readonly #example: string
  readonly #remote: string
  readonly #say: (line: string) => void

  constructor(folder: string, example: string, remote: string, say: (line: string) => void) {
    this.folder = folder
    this.#example = example
    this.#remote = remote
    this.#say = say
  }

  async create(): Promise<void> {
    await mkdir(this.folder, { recursive: true })
    for (const name of ['ballast.yaml', 'model.onnx', 'labels.txt', 'data'])
      await cp(join(this.#example, name), join(this.folder, name), { recursive: true })
    await this.#git('init', '--quiet', '--initial-branch=main')
    await this.#git('remote', 'add', 'ballast', this.#remote)
  }

  /** Puts another model in place of the one there. */
  async replaceModel(candidate: string): Promise<void> {
    await copyFile(join(this.#example, 'candidates', candidate), join(this.folder, 'model.onnx'))
  }

  /** Commits everything and pushes; lines that the server sends are told as they come. */
  async push(message: string): Promise<void> {
    await this.#git('add', '--all')
    await this.#git('commit', '--quiet', '--message', message)
    await this.#git('push', '--quiet', 'ballast', 'main')
  }

  #git(...args: readonly string[]): Promise<void> {
    const identity = [
      '-c',
      'user.name=Ballast demo',
      '-c',
      'user.email=demo@example.invalid',
      '-c',
      'commit.gpgsign=false',
    ]
    const child = spawn('git', [...identity, ...args], {
      cwd: this.folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_GLOBAL: '/dev/null' },
    })
    const said: string[] = []
    createInterface({ input: child.stderr }).on('line', line => {
      said.push(line)
      if (line.startsWith('remote:')) this.#say(line.trimEnd())
    })
    return new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', code => {
        if (code === 0) return resolve()
        reject(
          new BallastError('DEMO_FAILED', {
            message: `git ${args[0]} ended with ${code}: ${said.join('\n')}`,
            hint: 'Is git installed?',
          }),
        )
      })
    })
  }
}
