import { existsSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type DemoBallast, startBallast } from '../../../src/cli/demo/ballast.ts'
import type { LabelledImage } from '../../../src/cli/demo/images.ts'
import { DemoRepository } from '../../../src/cli/demo/repository.ts'
import { Traffic } from '../../../src/cli/demo/traffic.ts'
import { detectSandbox } from '../../../src/runner/index.ts'

const ROOT = join(import.meta.dirname, '../../..')
const EXAMPLE = join(ROOT, 'examples/digits')
const SAMPLES = ['3-4002', '1-4005', '4-4001', '6-4003', '7-4007', '9-4000']

/** The model of examples/digits, judged on few images, with jobs and a deployment of the test's own. */
export interface Delivery {
  readonly jobs: string
  readonly production: string
}

const fileOf = ({ jobs, production }: Delivery) => `model:
  name: digits
  file: model.onnx
  task: image-classification
  labels: labels.txt
  preprocess: [{ decode: image }, grayscale, { resize: [28, 28] }, { scale: 1/255 }]
jobs:
${jobs}
evaluate: { data: data/test.npz, metrics: [accuracy, size], limit: 300 }
gates: [accuracy >= 0.9, size <= 5 MB]
deploy:
  production: ${production}
`

/** A whole `ballast up`, a clone of the example, and clients that ask its model. */
export interface DigitsWorld {
  readonly ballast: DemoBallast
  readonly traffic: Traffic
  /** What the servers and pushes said: for the message of a failed test. */
  readonly said: readonly string[]
  sample(name: string): string
  /** Commits and pushes; resolves when the push has printed the last of its pipeline. */
  push(title: string, delivery: Delivery, candidate?: string): Promise<void>
  stop(): Promise<void>
}

export async function startDigitsWorld(): Promise<DigitsWorld> {
  const said: string[] = []
  const say = (line: string) => void said.push(line)
  const bundle = join(ROOT, 'dist/ballast.js')
  const sandbox = (await detectSandbox()).best !== undefined
  const ballast = await startBallast({
    entry: existsSync(bundle) ? bundle : join(ROOT, 'src/cli/main.ts'),
    sandbox,
    say,
  })
  const remote = new URL('/digits.git', ballast.url)
  remote.username = 'test'
  remote.password = ballast.token
  const repository = new DemoRepository(join(ballast.folder, 'digits'), EXAMPLE, remote.href, say)
  await repository.create()
  const sample = (name: string) => join(EXAMPLE, 'samples', `${name}.png`)
  const images = await Promise.all(
    SAMPLES.map(
      async (name): Promise<LabelledImage> => ({ png: await readFile(sample(name)), label: name[0]! }),
    ),
  )
  const traffic = new Traffic(ballast.gatewayUrl, 'digits', ballast.token, images)
  return {
    ballast,
    traffic,
    said,
    sample,
    async push(title, delivery, candidate) {
      if (candidate) await repository.replaceModel(candidate)
      await writeFile(join(repository.folder, 'ballast.yaml'), fileOf(delivery))
      // The same model again is a new version by its commit alone, and that needs a change.
      await writeFile(join(repository.folder, 'NOTES.md'), `${title}\n`)
      await repository.push(title)
    },
    async stop() {
      await traffic.stop()
      await ballast.stop()
      await rm(ballast.folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
