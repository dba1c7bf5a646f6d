import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DemoRepository } from '../../../src/cli/demo/repository.ts'
import { type Installation, ROOT } from './installation.ts'

/** What the job that talks says, unless a test wants more: some three seconds of talk. */
export const LINES = 200

/** The example's delivery, but quick to decide: few rows, few requests, wide margins; and a job that talks for seconds. */
const configWith = (minRequests: number, lines: number) => `model:
  name: digits
  file: model.onnx
  task: image-classification
  labels: labels.txt
  preprocess:
    - decode: image
    - grayscale
    - resize: [28, 28]
    - scale: 1/255
jobs:
  lines:
    run:
      - i=0; while [ $i -lt ${lines} ]; do i=$((i+1)); echo "line $i"; sleep 0.01; done
      - echo $i > counted.txt
    produces: [counted.txt]
  uses:
    needs: [lines]
    run:
      - test "$(cat counted.txt)" -eq ${lines}
evaluate:
  data: data/test.npz
  metrics: [accuracy, size]
  limit: 200
gates:
  - accuracy >= 0.8
  - { metric: accuracy, versus: production, non_inferior: 0.2, confidence: 0.9 }
  - size <= 5 MB
deploy:
  production:
    branch: main
    strategy: canary
    steps: [20%, 50%]
    analysis: { errors: 50%, latency: 2000%, quantile: p50, confidence: 80%, min_requests: ${minRequests} }
`

export interface Pushed {
  readonly ok: boolean
  readonly said: string
}

/** A client's clone of the example. */
export class Repository {
  readonly #demo: DemoRepository

  private constructor(demo: DemoRepository) {
    this.#demo = demo
  }

  /** A canary holds until each of its arms has had `minRequests`. */
  static async create(
    { url, token, folder }: Installation,
    minRequests = 20,
    lines = LINES,
  ): Promise<Repository> {
    const remote = new URL('/digits.git', url)
    remote.username = 'client'
    remote.password = token
    const demo = new DemoRepository(
      join(folder, 'clone'),
      join(ROOT, 'examples', 'digits'),
      remote.href,
      () => undefined,
    )
    await demo.create()
    await writeFile(join(demo.folder, 'ballast.yaml'), configWith(minRequests, lines))
    return new Repository(demo)
  }

  /** Puts another model in and commits; gives the commit. */
  async commit(message: string, candidate?: string): Promise<string> {
    if (candidate !== undefined) await this.#demo.replaceModel(candidate)
    await this.#git('add', '--all')
    await this.#git('commit', '--quiet', '--message', message)
    return (await this.#git('rev-parse', 'HEAD')).said.trim()
  }

  /** One `git push`; its end may be cut off, then the refs tell what became of it. */
  push(): Promise<Pushed> {
    return this.#run('push', 'ballast', 'main')
  }

  /** The commit that the server's main is at; undefined when it has none, or does not answer. */
  async remoteHead(): Promise<string | undefined> {
    const { ok, said } = await this.#run('ls-remote', 'ballast', 'refs/heads/main')
    return ok ? said.split(/\s/)[0] || undefined : undefined
  }

  async #git(...args: readonly string[]): Promise<Pushed> {
    const result = await this.#run(...args)
    if (!result.ok) throw new Error(`git ${args[0]}: ${result.said}`)
    return result
  }

  async #run(...args: readonly string[]): Promise<Pushed> {
    const identity = ['-c', 'user.name=Client', '-c', 'user.email=client@example.invalid']
    const child = spawn('git', [...identity, '-c', 'commit.gpgsign=false', ...args], {
      cwd: this.#demo.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_GLOBAL: '/dev/null' },
    })
    let said = ''
    const keep = (chunk: Buffer) => {
      said += chunk.toString()
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    const [code] = await once(child, 'close')
    return { ok: code === 0, said }
  }
}
