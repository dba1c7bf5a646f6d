import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openFile, type Tensor } from '../../src/core/index.ts'
import { openNpz } from '../../src/formats/index.ts'
import { freePort } from '../fixtures/free-port.ts'
import { until } from '../server/world.ts'

const ROOT = join(import.meta.dirname, '../..')
/** Models as a handbook's readers have them, written by scikit-learn, Keras and TensorFlow. */
const CHAPTER = join(ROOT, 'test/fixtures/convert/chapter')
const run = promisify(execFile)

let folder: string
let up: ChildProcess
let server: string
let gateway: string
let token: string

/** Everything as one person starts it: server, runner, host and gateway. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-conversion-'))
  const ports = [await freePort(), await freePort()]
  const args = ['src/cli/main.ts', 'up', '--json', '--no-sandbox', '--data', join(folder, 'data')]
  up = spawn(process.execPath, [...args, '--port', `${ports[0]}`, '--gateway-port', `${ports[1]}`], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [line] = (await once(up.stdout!, 'data')) as [Buffer]
  const said = JSON.parse(line.toString('utf8').split('\n')[0]!) as Record<string, string>
  ;[server, gateway, token] = [`http://127.0.0.1:${ports[0]}`, `http://127.0.0.1:${ports[1]}`, said['token']!]
})
afterAll(async () => {
  if (up.exitCode === null) {
    up.kill('SIGINT')
    await once(up, 'close')
  }
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

interface Example {
  readonly name: string
  readonly model: string
  readonly samples: string
  /** Input of the served model, and the output that the samples answer. */
  readonly input: string
  readonly output: string
  /** Names in the samples. */
  readonly given: string
  readonly answer: string
}

const EXAMPLES: readonly Example[] = [
  {
    name: 'sklearn',
    model: 'model.pkl.gz',
    samples: 'model.samples.npz',
    ...{ input: 'input', output: 'probabilities', given: 'input', answer: 'probabilities' },
  },
  {
    name: 'keras',
    model: 'model.h5',
    samples: 'model.samples.npz',
    ...{ input: 'image', output: 'scores', given: 'x', answer: 'y' },
  },
  {
    name: 'savedmodel',
    model: 'export',
    samples: 'export.samples.npz',
    ...{ input: 'image', output: 'output_0', given: 'x', answer: 'y' },
  },
]

test.each(EXAMPLES)(
  '$name: pushed, converted, judged, served, and it answers as the original did',
  async example => {
    const { name, model, samples, input, output, given, answer } = example
    const clone = join(folder, name)
    await cp(join(CHAPTER, name), clone, { recursive: true })
    const yaml = `
model: { name: ${name}, file: ${model}, task: classification }
evaluate: { data: test.npz }
gates: [accuracy >= 0.95]
deploy: { production: { strategy: immediate } }
`
    await writeFile(join(clone, 'ballast.yaml'), yaml)
    const git = (...args: string[]) =>
      run('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: clone })
    await git('init', '--quiet', '--initial-branch=main')
    await git('add', '-A')
    await git('commit', '--quiet', '-m', 'A model')
    const origin = server.replace('://', `://ballast:${token}@`)
    const { stderr } = await git('push', `${origin}/${name}.git`, 'main')
    expect(stderr).toMatch(/parity: passed on 40 samples/)
    expect(stderr).toMatch(/300 examples: accuracy 9[5-9]/)

    const recorded = await arraysOf(join(CHAPTER, name, samples))
    const expected = Array.from(recorded(answer).data as Float64Array | Float32Array)
    const request = {
      inputs: [
        {
          name: input,
          datatype: 'FP32',
          shape: recorded(given).shape,
          data: Array.from(recorded(given).data as Float32Array),
        },
      ],
      outputs: [{ name: output }],
    }
    const served = await until(`${name} to answer`, async () => {
      const response = await fetch(`${gateway}/v2/models/${name}/infer`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify(request),
      })
      return response.ok && ((await response.json()) as { outputs: { data: number[] }[] })
    })
    const answers = served.outputs[0]!.data
    expect(answers.length).toBe(expected.length)
    expect(Math.max(...answers.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(1e-4)
  },
)

async function arraysOf(path: string): Promise<(name: string) => Tensor> {
  const source = await openFile(path)
  try {
    const npz = await openNpz(source)
    const all = await Promise.all(
      npz.names.map(async name => [name, await (await npz.array(name)).read()] as const),
    )
    const byName = new Map(all)
    return name => byName.get(name)!
  } finally {
    await source.close()
  }
}
