import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { scanTree } from '../../../src/formats/scan/index.ts'
import { folderTree } from '../../../src/formats/tree/folder.ts'
import { memoryTree } from '../../../src/formats/tree/memory.ts'
import { bzip2Magic, elf, peProgram, pyc } from './other-bytes.ts'
import {
  BINGET,
  BINPUT,
  call,
  EMPTY_DICT,
  join,
  PROTO,
  STOP,
  SYSTEM,
  stackGlobal,
  text,
} from './pickle-bytes.ts'
import { scanBytes, scanFolder, told } from './world.ts'

const HARMLESS = join(PROTO(2), EMPTY_DICT, STOP)

describe('content decides, not the name', () => {
  test.each([
    'model.onnx',
    'model.safetensors',
    'model.gguf',
    'weights.h5',
    'config.json',
    'notes.txt',
    'image.png',
    'README',
    'model.pkl',
    'model.unknown',
  ])('a pickle called %s', async name => {
    const report = await scanBytes(SYSTEM, name)
    expect(told(report)).toContain('pickle/dangerous-call unsafe')
    expect(report.files[0]!.formats).toContain('pickle')
  })

  test.each([
    ['gzip', gzipSync(SYSTEM)],
    ['zlib', deflateSync(SYSTEM)],
    ['gzip in zlib', deflateSync(gzipSync(SYSTEM))],
  ])('a pickle under %s', async (_, content) => {
    expect((await scanBytes(content, 'model.dat')).verdict).toBe('unsafe')
  })
})

describe('a file that is several things at once', () => {
  const npy = (descr: string, data: Uint8Array) => {
    const header = `${`{'descr': '${descr}', 'fortran_order': False, 'shape': (3,), }`.padEnd(117)}\n`
    return join('\x93NUMPY\x01\0', Uint8Array.of(header.length, 0), header, data)
  }
  test.each([
    ['an array of objects', npy('|O', SYSTEM)],
    ['a pickle behind the magic of text', join(SYSTEM, '\n{"json": 1}')],
  ])('%s', async (_, content) => {
    expect((await scanBytes(content, 'a.npy')).verdict).toBe('unsafe')
  })

  test('an array of numbers may have any bytes', async () => {
    expect((await scanBytes(npy('|u1', Uint8Array.of(1, 2, 3)), 'a.npy')).verdict).toBe('safe')
  })
})

describe('programs, bytecode and scripts', () => {
  test.each([
    ['ELF', elf, 'content/program unsafe'],
    ['PE', peProgram, 'content/program unsafe'],
    ['compiled Python', pyc, 'content/bytecode unsafe'],
    ['a shell script', Buffer.from('#!/bin/sh\necho pwned\n'), 'content/script unknown'],
  ])('%s', async (_, content, finding) => {
    expect(told(await scanBytes(content, 'x'))).toContain(finding)
  })

  test('Python source beside a model is noted', async () => {
    const report = await scanFolder({ 'model.pkl': HARMLESS, 'modeling_x.py': 'import torch\n' })
    expect(told(report)).toEqual(['content/python note'])
    expect(report.verdict).toBe('safe')
  })
})

describe('what can’t be read', () => {
  test('a Git LFS pointer is no file', async () => {
    const report = await scanBytes(
      `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 9\n`,
      'model.safetensors',
    )
    expect(report.counts.unreadable).toBe(1)
    expect(report.verdict).toBe('unknown')
    expect(report.files[0]!.unreadable).toMatch(/was not fetched/)
  })

  test('a broken file of a known format is unreadable, and not safe', async () => {
    const report = await scanBytes(join('GGUF\x03\0\0\0', Buffer.alloc(8, 0xff)), 'model.gguf')
    expect(report).toMatchObject({ verdict: 'unknown', counts: { unreadable: 1, unsafe: 0 } })
  })

  test('content of no known format is unknown, unless a model says that it is its weights', async () => {
    const raw = Uint8Array.of(1, 2, 3, 0xff, 0, 7)
    expect(told(await scanFolder({ 'weights.raw': raw }))).toEqual(['content/unrecognised unknown'])
    expect(told(await scanBytes(join(bzip2Magic, Buffer.alloc(9)), 'x'))).toEqual([
      'content/unrecognised unknown',
    ])
  })

  test('an empty file is nothing', async () => {
    expect((await scanBytes('', 'empty')).verdict).toBe('safe')
  })
})

test('every file of a folder is scanned, and the gravest decides', async () => {
  const report = await scanFolder({
    'a/model.pkl': HARMLESS,
    'b/notes.txt': SYSTEM,
    'c/custom.pkl': call('my_package.models', 'Model'),
    'labels.txt': 'cat\ndog\n',
  })
  expect(report.files.map(({ path, verdict }) => [path, verdict])).toEqual([
    ['a/model.pkl', 'safe'],
    ['b/notes.txt', 'unsafe'],
    ['c/custom.pkl', 'unknown'],
    ['labels.txt', 'safe'],
  ])
  expect(report).toMatchObject({
    verdict: 'unsafe',
    counts: { files: 4, unreadable: 0, unsafe: 1, unknown: 1 },
  })
})

test('a finding says where, with the opcodes that led there', async () => {
  const report = await scanBytes(SYSTEM, 'model.pkl')
  expect(report.findings[0]).toMatchObject({
    rule: 'pickle/dangerous-call',
    what: "os.system is called with ('echo pwned'), which runs programs",
    at: {
      file: 'model.pkl',
      offset: SYSTEM.length - 2,
      trace: expect.arrayContaining([expect.stringMatching(/STACK_GLOBAL/)]),
    },
  })
})

test('lists of words that begin like opcodes are texts', async () => {
  for (const words of [
    'cast\ncat\ncode\n',
    'cos\nsystem\n',
    'import os\nos.system("id")\n',
    'I like pickles.\n',
    '(list)\n',
  ])
    expect(await scanBytes(words, 'labels.txt')).toMatchObject({ verdict: 'safe' })
})

test('the same file has the same report, and a digest where asked', async () => {
  expect(await scanBytes(SYSTEM)).toEqual(await scanBytes(SYSTEM))
})

test('text of a class that a custom pickle needs is told, not hidden', async () => {
  const report = await scanBytes(call('my_package.models', 'Model', text('x')), 'm.pkl')
  expect(report.findings[0]!.what).toBe(
    "my_package.models.Model is called with ('x'); no rule vouches for it",
  )
})

test('what is shared a hundred thousand times is judged once', async () => {
  const entries = Array.from({ length: 20_000 }, (_, i) => join(text(`k${i}`), 'N'))
  const object = join(stackGlobal('argparse', 'Namespace'), ')\x81', BINGET(0), 'b0')
  const big = join(
    PROTO(4),
    '}',
    BINPUT(0),
    '(',
    ...entries,
    'u0',
    ...Array.from({ length: 20_000 }, () => object),
    'N.',
  )
  expect((await scanBytes(big, 'm.pkl')).verdict).toBe('safe')
  const tuple = join(PROTO(4), '(', ...entries, 't', BINPUT(0), '0')
  const use = join(stackGlobal('sklearn.tree._tree', 'Tree'), BINGET(0), 'R0')
  const calls = join(tuple, ...Array.from({ length: 20_000 }, () => use), 'N.')
  expect((await scanBytes(calls, 'm.pkl')).verdict).toBe('unknown')
})

test('a folder that cannot be listed is not safe', async () => {
  const tree = { ...memoryTree(new Map()), list: async () => undefined }
  expect((await scanTree(tree)).verdict).toBe('unknown')
})

describe('Arrow and Parquet', () => {
  const schema = Buffer.from('\0\0ARROW:extension:name\0\0arrow.py_extension_type\0\0'.padEnd(90, 'x'))
  test.each<[string, Uint8Array]>([
    ['in a Feather file', join('ARROW1\0\0', schema, 'ARROW1')],
    ['in a Parquet file', join('PAR1', 'ARROW:schema\x18\x78', schema.toString('base64'), '\0\0PAR1')],
  ])('a type whose metadata is a pickle, %s', async (_, content) => {
    expect(told(await scanBytes(content, 'data.parquet'))).toContain('content/pickle-in-disguise unsafe')
  })
})

test('a chat template without an extension is one', async () => {
  expect((await scanBytes("{{ ''.__class__ }}", 'chat_template')).verdict).toBe('unsafe')
})

test.skipIf(process.platform !== 'linux')(
  'a file whose name is no UTF-8 is told, and not passed over',
  async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'ballast-scan-'))
    await writeFile(
      Buffer.concat([Buffer.from(`${folder}/model`), Buffer.from([0xff]), Buffer.from('.pkl')]),
      SYSTEM,
    )
    const report = await scanTree(folderTree(folder))
    expect(report).toMatchObject({ verdict: 'unknown', counts: { files: 1, unreadable: 1 } })
    await rm(folder, { recursive: true })
  },
)
