import { readdir, readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { scanTree } from '../../../src/formats/scan/index.ts'
import { folderTree } from '../../../src/formats/tree/folder.ts'
import { scanBytes } from './world.ts'

const FIXTURES = new URL('../../fixtures/', import.meta.url).pathname
const HARMLESS = `${FIXTURES}scan/harmless`
const names = (await readdir(HARMLESS)).toSorted()

describe('files as the libraries write them are safe, without a finding', () => {
  test.each(names)('%s', async name => {
    const report = await scanBytes(await readFile(`${HARMLESS}/${name}`), name)
    expect(report.findings).toEqual([])
    expect(report).toMatchObject({ verdict: 'safe', counts: { unreadable: 0 } })
    expect(report.files[0]!.formats.length).toBeGreaterThan(0)
  })

  test('under any other name, too', async () => {
    for (const name of names) {
      const report = await scanBytes(await readFile(`${HARMLESS}/${name}`), 'model.txt')
      expect([name, report.verdict]).toEqual([name, 'safe'])
    }
  })
})

test('models of other formats are safe: TensorFlow, TF.js, TensorFlow Lite, Keras, ONNX, GGUF, safetensors', async () => {
  for (const folder of ['tensorflow/module', 'tensorflow/keras', 'gguf', 'safetensors']) {
    const report = await scanTree(folderTree(`${FIXTURES}${folder}`))
    const grave = report.findings.filter(({ level }) => level !== 'note')
    expect([folder, grave]).toEqual([folder, []])
  }
})

test.each([
  ['tensorflow/unsafe', 'tensorflow/side-effect'],
  ['tflite', 'tensorflow/side-effect'],
  ['keras', 'keras/bytecode'],
  ['hdf5', 'hdf5/external'],
])('what is dangerous among the fixtures of %s is found', async (folder, rule) => {
  const report = await scanTree(folderTree(`${FIXTURES}${folder}`))
  expect(report.verdict).toBe('unsafe')
  expect(report.findings.map(finding => finding.rule)).toContain(rule)
})

test('a report has the digest of each file, where asked', async () => {
  const report = await scanTree(folderTree(HARMLESS), { digest: true })
  expect(report.files).toHaveLength(names.length)
  for (const { digest } of report.files) expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/)
})

test('files with bytes changed end in a report, whatever the change', async () => {
  const some = names.filter((_, index) => index % 6 === 0)
  const contents = await Promise.all(some.map(name => readFile(`${HARMLESS}/${name}`)))
  const change = fc.array(fc.tuple(fc.nat(100_000), fc.nat(255)), { minLength: 1, maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(fc.nat(some.length - 1), change, async (which, changes) => {
      const content = Uint8Array.from(contents[which]!)
      for (const [at, byte] of changes) content[at % content.length] = byte
      const report = await scanBytes(content, some[which]!)
      expect(report.files).toHaveLength(1)
      JSON.stringify(report)
    }),
    { numRuns: 300, seed: 7 },
  )
})

test('files that break off end in a report, at whatever byte', async () => {
  for (const name of ['python-2.pkl', 'torch-state.pt', 'joblib-gzip.joblib']) {
    const content = await readFile(`${HARMLESS}/${name}`)
    for (let length = 0; length < content.length; length += 1 + Math.floor(content.length / 150)) {
      const report = await scanBytes(content.subarray(0, length), name)
      expect(report.counts.unsafe).toBe(0)
    }
  }
})
