import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { sourceOf } from '../../core/index.ts'
import { memoryTree } from '../tree/memory.ts'
import { detectFormat } from './detect.ts'
import { openIn } from './open.ts'

const FIXTURES = new URL('../../../test/fixtures/', import.meta.url).pathname

/** What fixtures are, by their paths; the first rule that fits holds, and what none fits is no model. */
const RULES: readonly (readonly [path: RegExp, format: string])[] = [
  [/^(?:onnx|optimize)\/.*\.onnx$/, 'onnx'],
  [/^pickle\/.*\.(?:pkl|joblib)$/, 'pickle'],
  [/^pytorch\/.*\.pt2$/, 'pt2'],
  [/^pytorch\/(?:scripted|traced).*\.pt$/, 'torchscript'],
  [/^pytorch\/.*legacy.*\.pt$/, 'pytorch-legacy'],
  [/^pytorch\/.*\.pt$/, 'pytorch'],
  [/^safetensors\/.*\.(?:safetensors|index\.json)$/, 'safetensors'],
  [/^(?:hdf5|keras)\/.*\.h5$/, 'hdf5'],
  [/^keras\/.*\.keras$/, 'keras'],
  [/^keras\/.*\.weights\.json$/, 'keras-shards'],
  [/^tensorflow\/.*saved_model\.pb$/, 'tensorflow-savedmodel'],
  [/^tensorflow\/[^/]*\.pb$/, 'tensorflow-graphdef'],
  [/^tensorflow\/.*\.meta$/, 'tensorflow-metagraph'],
  [/^tensorflow\/.*\.index$/, 'tensorflow-checkpoint'],
  [/^tensorflow\/tfjs\/graph.*model\.json$/, 'tfjs-graph'],
  [/^tensorflow\/tfjs\/layers.*model\.json$/, 'tfjs-layers'],
  [/^tflite\/.*\.tflite$/, 'tflite'],
  [/^gguf\/.*\.gguf$/, 'gguf'],
  [/^numpy\/.*\.npy$/, 'npy'],
  [/^(?:numpy|optimize)\/.*\.npz$/, 'npz'],
  [/^boosting\/(?!expected).*\.json$/, 'xgboost-json'],
  [/^boosting\/.*\.ubj$/, 'xgboost-ubj'],
  [/^boosting\/.*\.txt$/, 'lightgbm'],
  [/^parquet\/.*\.parquet$/, 'parquet'],
]
/** Compressed files are the codecs' own, harmless and harmful ones the scanner's, models to convert the converters', what is sent to models the servers'. */
const LEFT_OUT = /^(?:codecs|scan|convert|inference)\/|\.(?:py|ts)$/

const paths = readdirSync(FIXTURES, { recursive: true, withFileTypes: true })
  .filter(entry => entry.isFile())
  .map(entry => join(entry.parentPath, entry.name).slice(FIXTURES.length))
  .filter(path => !LEFT_OUT.test(path))
const expectedOf = (path: string) => RULES.find(([pattern]) => pattern.test(path))?.[1]

test('every fixture is known by its content, whatever its name', async () => {
  const told = await Promise.all(
    paths.map(async path => [path, await detectFormat(sourceOf(readFileSync(FIXTURES + path), 'x'), 'x')]),
  )
  expect(told).toEqual(paths.map(path => [path, expectedOf(path)]))
  expect(new Set(told.map(([, format]) => format)).size).toBeGreaterThan(20)
})

test('what a reader alone can tell is told by it', async () => {
  const formatOf = async (path: string) => {
    const tree = memoryTree(new Map([['x', new Uint8Array(readFileSync(FIXTURES + path))]]))
    const model = await openIn(tree, 'x')
    await model.close()
    return model.file.format
  }
  expect(await formatOf('keras/k3-sequential.h5')).toBe('keras-h5')
  expect(await formatOf('hdf5/shared.h5')).toBe('hdf5')
  expect(await formatOf('pickle/arrays.joblib')).toBe('joblib')
  expect(await formatOf('pickle/arrays-2.pkl')).toBe('pickle')
})

const text = (content: string) => Buffer.from(content)

describe('data sets', () => {
  test.each([
    ['a.csv', 'a,b\n1,2\n', 'csv'],
    ['a.tsv', 'a\tb\n1\t2\n', 'csv'],
    ['x', 'a,b\n1,2\n', undefined],
    ['a.jsonl', '{"a": 1}\n', 'jsonl'],
    ['x', '{"a": 1}\n{"a": 2}\n', 'jsonl'],
    ['x', '{"a": 1}\n', undefined],
    ['x', '{"a": 1\n{"a": 2\n', undefined],
    ['x', '\0\0\x08\x01\0\0\0\x02ab', 'idx'],
    ['x', '\0\0\x07\x01\0\0\0\x02ab', undefined],
  ] as const)('%s with %j is %s', async (name, content, format) => {
    expect(await detectFormat(sourceOf(Buffer.from(content, 'latin1'), name), name)).toBe(format)
  })
})

test("a manifest of TF.js' weights without a graph", async () => {
  const manifest =
    '[\n  {\n    "weights":\n    [{"name": "a", "shape": [], "dtype": "float32"}], "paths": ["a.bin"]}]'
  expect(await detectFormat(sourceOf(Buffer.from(manifest), 'a.json'), 'a.json')).toBe('tfjs-graph')
})

describe('pickles without a mark', () => {
  test.each([
    ['protocol 0', '(dp0\nVa\np1\nI1\nsVb\np2\nF1.5\ns.'],
    ['a global that is called', "cos\nsystem\n(S'id'\ntR."],
    ['an instance', '(icollections\nOrderedDict\np0\n(dp1\nVa\np2\nI1\nsb.'],
    ['protocol 1', ']q\x00(K\x01K\x02K\x03e.'],
    ['a value alone', 'I1\n.'],
    ['one that is cut off', '(dp0\nVa\np1\nI1\nsVb\np2\nF1.5\nsVc'],
  ])('%s', async (_, content) => {
    expect(await detectFormat(sourceOf(Buffer.from(content, 'latin1'), 'x'), 'x')).toBe('pickle')
  })

  test.each([
    'the quick brown fox',
    'data\n',
    'license: MIT\n',
    'N. N., by hand\n',
    'I1\nI2\n',
    'class A:\n  pass\n',
    '(see below)\n',
    ']}\n',
  ])('%j is text', async content => {
    expect(await detectFormat(sourceOf(text(content), 'x'), 'x')).toBeUndefined()
  })
})

describe('what is no model is refused with what it looks like', () => {
  test.each([
    ['an empty file', ''],
    ['a text file', 'hello, world\n'],
    ['a JSON file', '{"hello": "world"}'],
    ['a JSON file', '[1, 2, 3]'],
    ['an HTML page', '<!DOCTYPE html><html><body>404</body></html>'],
    ['an XML file', '<?xml version="1.0"?><a/>'],
    ['a Git LFS pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n'],
    ['a PNG image', '\x89PNG\r\n\x1a\n\0\0\0\rIHDR'],
    ['a JPEG image', '\xff\xd8\xff\xe0\0\x10JFIF'],
    ['a PDF document', '%PDF-1.7\n'],
    ['a program', '\x7fELF\x02\x01\x01\0\0\0\0\0'],
    ['an ONNX Runtime .ort model', '\0\0\0\0ORTM\0\0\0\0'],
  ])('%s: %j', async (what, content) => {
    const tree = memoryTree(new Map([['x', Buffer.from(content, 'latin1')]]))
    await expect(openIn(tree, 'x')).rejects.toMatchObject({
      code: 'FORMAT_UNKNOWN',
      message: `x is in no format that is read here: it looks like ${what}`,
      details: { looksLike: what },
      hint: expect.any(String),
    })
  })

  test('the same within a wrapper', async () => {
    const tree = memoryTree(new Map([['x', new Uint8Array(gzipSync('hello, world\n'))]]))
    await expect(openIn(tree, 'x')).rejects.toMatchObject({
      code: 'FORMAT_UNKNOWN',
      message: expect.stringContaining('a text file'),
    })
  })

  test('noise of which nothing can be said', async () => {
    const tree = memoryTree(new Map([['x', Uint8Array.from({ length: 64 }, (_, i) => 255 - i)]]))
    await expect(openIn(tree, 'x')).rejects.toMatchObject({
      code: 'FORMAT_UNKNOWN',
      message: 'x is in no format that is read here',
    })
  })
})
