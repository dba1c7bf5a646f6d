import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const MAIN = new URL('../main.ts', import.meta.url).pathname
const CHAPTER = new URL('../../../test/fixtures/convert/chapter/sklearn/', import.meta.url).pathname
const PARITY = new URL('../../../test/fixtures/convert/parity/', import.meta.url).pathname
const PICKLES = new URL('../../../test/fixtures/pickle/sklearn/', import.meta.url).pathname
/** Protocol 0: GLOBAL, a string, a tuple of it, REDUCE. */
const EVIL = "cos\nsystem\n(S'touch proof'\ntR."
const OWN = '\x80\x02cmypackage.models\nNet\n)\x81}X\x05\x00\x00\x00widthK\x08sb.'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-cli-convert-'))
})
afterEach(() => rm(folder, { recursive: true }))

interface Ran {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

function ballast(...args: readonly string[]): Promise<Ran> {
  return new Promise(done => {
    execFile(
      process.execPath,
      [MAIN, ...args],
      { cwd: folder, maxBuffer: 1 << 26 },
      (error, stdout, stderr) => done({ status: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })
}

test('a pickle in gzip becomes ONNX beside it, held to the samples that lie there', async () => {
  await cp(CHAPTER, folder, { recursive: true })
  const { status, stdout } = await ballast('convert', 'model.pkl.gz')
  expect(status).toBe(0)
  expect(stdout).toMatch(/^pickle Pipeline → ONNX: \d+ nodes, [\d.]+ kB\n/)
  expect(stdout).toMatch(/^parity: passed on 40 samples of model\.samples\.npz$/m)
  expect(stdout).toMatch(/^ {2}label \(int64\): equal$/m)
  expect(await readdir(folder)).toContain('model.onnx')
  const again = await ballast('convert', 'model.pkl.gz')
  expect(again).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/There is a file .*model\.onnx already/),
  })
  expect((await ballast('convert', 'model.pkl.gz', '--force')).status).toBe(0)
})

test('what was converted is evaluated and judged like any model', async () => {
  await cp(CHAPTER, folder, { recursive: true })
  const yaml =
    'model: { file: model.pkl.gz, task: classification }\nevaluate: { data: test.npz }\ngates: [accuracy >= 0.95]\n'
  await writeFile(join(folder, 'ballast.yaml'), yaml)
  expect(await ballast('evaluate')).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/accuracy 98\.\d+ %/),
  })
  expect(await ballast('gate')).toMatchObject({ status: 0, stdout: expect.stringMatching(/passed/) })
})

test('--json is the whole of it, for machines', async () => {
  await cp(CHAPTER, folder, { recursive: true })
  const { stdout, stderr } = await ballast('convert', 'model.pkl.gz', '-o', 'net.onnx', '--json')
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toMatchObject({
    format: 'pickle',
    files: [{ path: 'net.onnx', size: expect.any(Number), digest: expect.stringMatching(/^sha256:/) }],
    outputs: ['label', 'probabilities'],
    mapping: expect.arrayContaining([expect.objectContaining({ kind: 'LogisticRegression' })]),
    parity: {
      verdict: 'passed',
      outputs: expect.arrayContaining([expect.objectContaining({ name: 'label', mismatches: 0 })]),
    },
  })
})

describe('answers that differ', () => {
  beforeEach(async () => {
    await cp(join(PICKLES, 'logistic.pkl'), join(folder, 'model.pkl'))
  })

  test('end with 1, and leave no model', async () => {
    const { status, stdout } = await ballast('convert', 'model.pkl', '--samples', join(PARITY, 'three.npz'))
    expect(status).toBe(1)
    expect(stdout).toMatch(/label \(int64\): 2 of 2 answers differ.*; first at 0: expected 7, found [01]/)
    expect(await readdir(folder)).toEqual(['model.pkl'])
  })

  test('with --keep leave it to be looked at', async () => {
    await ballast('convert', 'model.pkl', '--samples', join(PARITY, 'three.npz'), '--keep')
    expect(await readdir(folder)).toEqual(['model.onnx', 'model.pkl'])
  })
})

describe('what is not safe', () => {
  test('is not read, and nothing of it runs', async () => {
    await writeFile(join(folder, 'model.pkl'), EVIL)
    const { status, stderr } = await ballast('convert', 'model.pkl')
    expect(status).toBe(1)
    expect(stderr).toMatch(/unsafe: model\.pkl, byte \d+: os\.system is called/)
    expect(stderr).toMatch(/CONVERT_UNSAFE/)
    expect((await ballast('convert', 'model.pkl', '--accept-unknown')).stderr).toMatch(/CONVERT_UNSAFE/)
    expect(await readdir(folder)).toEqual(['model.pkl'])
  })

  test('is converted where it is only unknown, and somebody says so', async () => {
    await writeFile(join(folder, 'model.pkl'), OWN, 'latin1')
    expect((await ballast('convert', 'model.pkl')).stderr).toMatch(/CONVERT_UNSAFE/)
    // Nobody knows how to compute with that class.
    expect((await ballast('convert', 'model.pkl', '--accept-unknown')).stderr).toMatch(
      /expected an estimator of scikit-learn and found mypackage\.models\.Net[\s\S]*FORMAT_MALFORMED/,
    )
  })
})

test('--list-ops tells what is converted', async () => {
  const { status, stdout } = await ballast('convert', '--list-ops')
  expect(status).toBe(0)
  expect(stdout).toMatch(/^LogisticRegression +yes/m)
  const all = JSON.parse((await ballast('convert', '--list-ops', '--json')).stdout)
  expect(all).toContainEqual(
    expect.objectContaining({ title: 'scikit-learn estimators', formats: ['pickle', 'joblib'] }),
  )
})

test.each([
  [['convert'], /Name the model to convert/],
  [['convert', 'model.onnx'], /There is no file model\.onnx/],
  [['convert', 'model.pkl', '--tolerance', '1'], /at most 0\.05/],
] as const)('%j is a mistake that is told', async (args, message) => {
  expect(await ballast(...args)).toMatchObject({ status: 1, stderr: expect.stringMatching(message) })
})
