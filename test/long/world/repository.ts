import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DemoRepository } from '../../../src/cli/demo/repository.ts'
import { GitFolder, type Ran, remoteOf } from './git-folder.ts'
import { type Installation, ROOT } from './installation.ts'

/** What the job that talks says, unless a test wants more: some three seconds of talk. */
export const LINES = 200

const CANARY = 'strategy: canary\n    steps: [20%, 50%]'

/** The example's delivery, but quick to decide: few rows, few requests, wide margins; and a job that talks for seconds. */
const configWith = (
  minRequests: number,
  lines: number,
  strategy: string,
  environments: readonly string[],
) => `model:
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
    ${strategy}
    analysis: { errors: 50%, latency: 2000%, quantile: p50, confidence: 80%, min_requests: ${minRequests} }
${environments.map(line => `  ${line}\n`).join('')}`

export interface RepositoryOptions {
  /** A canary holds until each of its arms has had so many requests. */
  readonly minRequests?: number
  /** What the job that talks says. */
  readonly lines?: number
  /** Lines of `deploy.production`; default a canary. */
  readonly strategy?: string
  /** Lines of `deploy`, beside production. */
  readonly environments?: readonly string[]
}

/** A client's clone of the example. */
export class Repository {
  readonly #demo: DemoRepository
  readonly #folder: GitFolder

  private constructor(demo: DemoRepository) {
    this.#demo = demo
    this.#folder = new GitFolder(demo.folder)
  }

  static async create(
    installation: Installation,
    { minRequests = 20, lines = LINES, strategy = CANARY, environments = [] }: RepositoryOptions = {},
  ): Promise<Repository> {
    const demo = new DemoRepository(
      join(installation.folder, 'clone'),
      join(ROOT, 'examples', 'digits'),
      remoteOf(installation, 'digits'),
      () => undefined,
    )
    await demo.create()
    await writeFile(join(demo.folder, 'ballast.yaml'), configWith(minRequests, lines, strategy, environments))
    return new Repository(demo)
  }

  /** Puts another model in and commits; gives the commit. */
  async commit(message: string, candidate?: string): Promise<string> {
    if (candidate !== undefined) await this.#demo.replaceModel(candidate)
    await this.#folder.git('add', '--all')
    await this.#folder.git('commit', '--quiet', '--message', message)
    return (await this.#folder.git('rev-parse', 'HEAD')).said.trim()
  }

  /** One `git push`; its end may be cut off, then the refs tell what became of it. */
  push(): Promise<Ran> {
    return this.#folder.run('push', 'ballast', 'main')
  }

  /** The commit that the server's main is at; undefined when it has none, or does not answer. */
  async remoteHead(): Promise<string | undefined> {
    const { ok, said } = await this.#folder.run('ls-remote', 'ballast', 'refs/heads/main')
    return ok ? said.split(/\s/)[0] || undefined : undefined
  }
}
