import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { writeMlp } from '../../../test/fixtures/onnx-builder.ts'
import type { StageInput } from '../../api/index.ts'
import type { ModelRepository } from '../../config/index.ts'
import { digestOf, digestOfFile } from '../../core/index.ts'
import type { StageContext } from './context.ts'
import { writeConversion } from './converted.ts'
import { inspectStage } from './inspect.ts'
import { registerStage } from './register.ts'
import { checkScanned, scanStage } from './scan.ts'

const FIXTURES = new URL('../../../test/fixtures/', import.meta.url).pathname
const EVIL = "cos\nsystem\n(S'id'\ntR."

let workspace: string
beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'ballast-stage-'))
})
afterEach(() => rm(workspace, { recursive: true }))

async function write(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(workspace, path)), { recursive: true })
    await writeFile(join(workspace, path), content)
  }
}

function aContext(file: string): StageContext {
  const repository = {
    model: { name: 'net', file, task: 'generic', preprocess: [] },
    environments: [],
  } as unknown as ModelRepository
  const input = { commit: 'c'.repeat(40), config: repository, policyGates: [] } as unknown as StageInput
  return { workspace, repository, input: { ...input, workspace } }
}

test('an inspection has the digest of what was scanned, and none where nothing was', async () => {
  await write({ 'model.onnx': writeMlp(8, 4, 2) })
  const before = await inspectStage(aContext('model.onnx'))
  expect(before.records['inspection']).not.toHaveProperty('digest')
  await scanStage(aContext('model.onnx'))
  const { records } = await inspectStage(aContext('model.onnx'))
  expect(records['inspection']).toHaveProperty('digest', await digestOfFile(join(workspace, 'model.onnx')))
})

describe('the scan stage', () => {
  test('passes what is safe, with the report as a record', async () => {
    await write({ 'model.onnx': writeMlp(8, 4, 2) })
    expect(await scanStage(aContext('model.onnx'))).toMatchObject({
      verdict: 'passed',
      summary: ['safe: 1 file, nothing found'],
      records: { scan: { verdict: 'safe', files: [{ path: 'model.onnx' }], omitted: 0 } },
    })
  })

  test('fails what is unsafe', async () => {
    await write({ 'model.pkl': EVIL })
    expect(await scanStage(aContext('model.pkl'))).toMatchObject({
      verdict: 'failed',
      summary: ['unsafe: 1 file, 1 finding', expect.stringContaining('os.system')],
    })
  })

  test('can not decide on what is unknown, and says who may', async () => {
    await write({ 'model.pkl': 'cmine\nNet\n)R.' })
    const { verdict, summary } = await scanStage(aContext('model.pkl'))
    expect(verdict).toBe('inconclusive')
    expect(summary.at(-1)).toMatch(/^What is unknown is not safe: a maintainer may accept it/)
  })

  test('fails a file that is not what it should be, and an empty folder', async () => {
    await write({ 'pointer.pt': `version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n` })
    expect((await scanStage(aContext('pointer.pt'))).verdict).not.toBe('passed')
    await mkdir(join(workspace, 'export/net'), { recursive: true })
    expect((await scanStage(aContext('export/net'))).verdict).toBe('failed')
  })

  test('keeps to the files of the model: what lies beside it is none of its business', async () => {
    await write({ 'net/model.onnx': writeMlp(8, 4, 2), 'net/evil.pkl': EVIL, 'evil.pkl': EVIL })
    expect((await scanStage(aContext('net/model.onnx'))).verdict).toBe('passed')
  })

  test('takes everything of a folder that is no model that can be described', async () => {
    await write({ 'net/saved_model.pb': 'broken', 'net/assets/evil.pkl': EVIL })
    expect((await scanStage(aContext('net'))).verdict).toBe('failed')
  })

  test('refuses a model that is not there, or behind a link that leads out', async () => {
    await expect(scanStage(aContext('none.pkl'))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
    await symlink('/etc/passwd', join(workspace, 'model.pkl'))
    await expect(scanStage(aContext('model.pkl'))).rejects.toMatchObject({ code: 'PATH_ESCAPES' })
  })
})

describe('what is registered is what was scanned', () => {
  const nameAndDigest = async (name: string) => ({ name, digest: await digestOfFile(join(workspace, name)) })

  test('the same files are', async () => {
    await cp(join(FIXTURES, 'tensorflow/keras2'), join(workspace, 'export/net'), { recursive: true })
    await scanStage(aContext('export/net'))
    const converted = '.ballast/converted/model.onnx'
    await write({ [converted]: writeMlp(8, 4, 2) })
    const files = [{ ...(await nameAndDigest(converted)), size: 1 }]
    await writeConversion(workspace, { files })
    const { verdict, manifest } = await registerStage(aContext('export/net'))
    expect(verdict).toBe('passed')
    expect(manifest?.files.map(({ name }) => name).toSorted()).toEqual([
      converted,
      'export/net/fingerprint.pb',
      'export/net/keras_metadata.pb',
      'export/net/saved_model.pb',
      'export/net/variables/variables.data-00000-of-00001',
      'export/net/variables/variables.index',
    ])
  })

  test('a file that changed since is not', async () => {
    await cp(join(FIXTURES, 'pickle/sklearn/logistic.pkl'), join(workspace, 'model.pkl'))
    await scanStage(aContext('model.pkl'))
    await checkScanned(workspace, [await nameAndDigest('model.pkl')])
    await cp(join(FIXTURES, 'pickle/sklearn/ridge.joblib'), join(workspace, 'model.pkl'))
    const { digest } = await nameAndDigest('model.pkl')
    await expect(checkScanned(workspace, [{ name: 'model.pkl', digest }])).rejects.toMatchObject({
      code: 'MODEL_CHANGED',
      message: `model.pkl (${digest}) is not what was scanned`,
    })
    await expect(registerStage(aContext('model.pkl'))).rejects.toMatchObject({ code: 'MODEL_CHANGED' })
  })

  test('nor is one that joined since, or anything where nothing was scanned', async () => {
    await write({ 'model.onnx': writeMlp(8, 4, 2) })
    const model = await nameAndDigest('model.onnx')
    await expect(checkScanned(workspace, [model])).rejects.toMatchObject({ code: 'MODEL_CHANGED' })
    await scanStage(aContext('model.onnx'))
    const joined = { name: 'model.data', digest: digestOf(Buffer.from('x')) }
    await expect(checkScanned(workspace, [model, joined])).rejects.toMatchObject({ code: 'MODEL_CHANGED' })
    for (const name of ['__proto__', 'constructor'])
      await expect(checkScanned(workspace, [{ ...model, name }])).rejects.toMatchObject({
        code: 'MODEL_CHANGED',
      })
  })
})

describe('the inspect stage', () => {
  test('tells what a model is, and keeps lists out of the record', async () => {
    await write({ 'model.onnx': writeMlp(8, 4, 2) })
    const { verdict, summary, records } = await inspectStage(aContext('model.onnx'))
    expect(verdict).toBe('passed')
    expect(summary[0]).toMatch(/^onnx \(ir \d+\)/)
    expect(records['inspection']).toMatchObject({
      format: 'onnx',
      tensors: expect.any(Number),
      graph: { nodes: expect.any(Number), operators: expect.any(Array) },
      inputs: [{ dtype: 'float32', shape: [expect.anything(), 8] }],
      outputs: [{ dtype: 'float32' }],
    })
  })

  test('refuses another format under the name of an ONNX model', async () => {
    await cp(join(FIXTURES, 'pickle/sklearn/logistic.pkl'), join(workspace, 'model.onnx'))
    expect(await inspectStage(aContext('model.onnx'))).toMatchObject({
      verdict: 'failed',
      summary: ['model.onnx is no ONNX model: its content is pickle', expect.any(String)],
    })
  })
})
