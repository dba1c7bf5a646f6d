import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { type CommitId, type Digest, digestOf, instant } from '../../../core/index.ts'
import { makeManifest, manifestDigest } from '../manifest.ts'
import { EXPORT_FORMAT, type ExportFacts } from './facts.ts'
import { readExport } from './read.ts'
import { ending, entryHeader, paddingAfter } from './tar.ts'
import { writeExport } from './write.ts'

const FILES: Readonly<Record<string, Buffer>> = {
  'labels.txt': Buffer.from('0\n1\n'),
  'model.onnx': Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7) % 256)),
  [`深/${'x'.repeat(200)}.bin`]: Buffer.alloc(512, 1),
  empty: Buffer.alloc(0),
}

function someFacts(change: Partial<ExportFacts> = {}): ExportFacts {
  const manifest = makeManifest({
    model: 'digits',
    commit: 'c0ffee'.padEnd(40, '0') as CommitId,
    files: Object.entries(FILES).map(([name, bytes]) => ({
      name,
      digest: digestOf(bytes),
      size: bytes.length,
    })),
    config: { task: 'generic', ключ: ['数字'] },
  })
  return {
    format: EXPORT_FORMAT,
    origin: { server: 'http://127.0.0.1:7420', version: 'ver_1', number: 3, createdAt: instant(1) },
    digest: manifestDigest(manifest),
    manifest,
    records: [
      { id: 'rec_1', kind: 'evaluation', body: { metrics: { accuracy: 0.97 } }, createdAt: instant(2) },
    ],
    aliases: ['champion'],
    history: [{ event: 'served' }],
    ...change,
  }
}

const bytesOf = (digest: Digest) => Object.values(FILES).find(bytes => digestOf(bytes) === digest)!
const open = async (digest: Digest) => Readable.from([bytesOf(digest)])

async function written(facts = someFacts(), from = open): Promise<Buffer> {
  return buffer(writeExport(facts, from))
}

/** In pieces of `size`, as a network would cut it. */
async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size)
}

async function taken(bytes: Uint8Array, size = 1000) {
  const files: Record<string, Buffer> = {}
  const facts = await readExport(inPieces(bytes, size), {
    async file({ name }, content) {
      files[name] = await buffer(content)
    },
  })
  return { facts, files }
}

test.each([1, 511, 512, 513, 100_000])('what was written is read, in pieces of %d', async size => {
  const { facts, files } = await taken(await written(), size)
  expect(facts).toStrictEqual(someFacts())
  expect(files).toStrictEqual(FILES)
})

test('the same version makes the same file', async () => {
  const { records, ...rest } = someFacts()
  expect(digestOf(await written({ records, ...rest }))).toBe(digestOf(await written()))
})

const VARIANT = { name: 'model.onnx', digest: digestOf(FILES['labels.txt']!), size: 4 }
const withVariants = (variants: unknown): ExportFacts => ({
  ...someFacts(),
  variants: variants as NonNullable<ExportFacts['variants']>,
})

test('variants come behind the files, each under its name', async () => {
  const facts = withVariants([{ name: 'int8-static', files: [VARIANT] }])
  const bytes = await written(facts)
  expect(bytes.includes('variants/int8-static/model.onnx')).toBe(true)
  const came: string[] = []
  const read = await readExport(inPieces(bytes, 700), {
    async file({ name, digest }, content) {
      expect(digestOf(await buffer(content))).toBe(digest)
      came.push(name)
    },
  })
  expect(read).toStrictEqual(facts)
  expect(came).toEqual([...someFacts().manifest.files.map(({ name }) => name), 'model.onnx'])
})

test.each([
  ['a name that climbs', [{ name: '../up', files: [VARIANT] }], 'EXPORT_INVALID'],
  ['a file that climbs', [{ name: 'int8', files: [{ ...VARIANT, name: '../up' }] }], 'MANIFEST_INVALID'],
  ['no files', [{ name: 'int8', files: [] }], 'MANIFEST_INVALID'],
  ['one twice', [1, 2].map(() => ({ name: 'int8', files: [VARIANT] })), 'EXPORT_INVALID'],
  [
    'too many',
    Array.from({ length: 101 }, (_, i) => ({ name: `v${i}`, files: [VARIANT] })),
    'EXPORT_INVALID',
  ],
  ['none that are a list', {}, 'EXPORT_INVALID'],
])('variants with %s are refused before a byte of them', async (_, variants, code) => {
  await expect(taken(descriptionAlone(withVariants(variants)))).rejects.toMatchObject({ code })
})

test('tar reads it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ballast-export-'))
  try {
    execFileSync('tar', ['-x', '-C', folder], { input: await written() })
    for (const [name, bytes] of Object.entries(FILES))
      expect(readFileSync(join(folder, 'files', name)).equals(bytes)).toBe(true)
    expect(JSON.parse(readFileSync(join(folder, 'ballast-export.json'), 'utf8'))).toEqual(someFacts())
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a file above 8 GiB has its size in an extended header', async () => {
  const size = 9 * 2 ** 30
  const manifest = makeManifest({
    ...someFacts().manifest,
    files: [{ name: 'huge', digest: digestOf('huge'), size }],
  })
  const facts = someFacts({ manifest, digest: manifestDigest(manifest) })
  const chunks: Uint8Array[] = []
  const writing = (async () => {
    for await (const chunk of writeExport(facts, async () => Readable.from([]))) chunks.push(chunk)
  })()
  await expect(writing).rejects.toMatchObject({ code: 'BLOB_DIGEST_MISMATCH' })
  expect(Buffer.concat(chunks).toString('latin1')).toContain(` size=${size}\n`)
})

test.each([
  ['other bytes', () => Readable.from([Buffer.from('1\n0\n')])],
  ['more bytes', () => Readable.from([Buffer.from('0\n1\n2')])],
  ['fewer bytes', () => Readable.from([Buffer.from('0\n')])],
])('a store that gives %s makes no export', async (_, damaged) => {
  const from = async (digest: Digest) =>
    digest === digestOf(FILES['labels.txt']!) ? damaged() : open(digest)
  await expect(written(someFacts(), from)).rejects.toMatchObject({ code: 'BLOB_DIGEST_MISMATCH' })
})

describe('what is no export is refused', () => {
  const refused = (bytes: Uint8Array, why: RegExp) =>
    expect(taken(bytes)).rejects.toMatchObject({
      code: 'EXPORT_INVALID',
      message: expect.stringMatching(why),
    })

  test('nothing, something else, a part', async () => {
    const whole = await written()
    await refused(Buffer.alloc(0), /it ends in its first header/)
    await refused(Buffer.alloc(2048), /does not begin with/)
    await refused(Buffer.alloc(2048, 'x'), /does not begin with/)
    for (const end of [600, 2000, whole.length - 1024, whole.length - 1])
      await refused(whole.subarray(0, end), /it ends/)
    await refused(Buffer.concat([whole, Buffer.from('x')]), /follows its end/)
  })

  test('any header that is changed in any byte', async () => {
    const whole = await written()
    const start = whole.indexOf('files/')
    for (let at = start; at < start + 512; at++) {
      const changed = Buffer.from(whole)
      changed[at] = changed[at]! ^ 0x41
      await refused(changed, /another header than expected/)
    }
  })

  test('a size that nothing could hold costs no memory', async () => {
    const whole = await written()
    const huge = Buffer.from(whole)
    huge.write('77777777777\0', 124, 'latin1')
    huge.fill(' ', 148, 156)
    const sum = huge.subarray(0, 512).reduce((total, byte) => total + byte, 0)
    huge.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
    await refused(huge, /bytes, over/)
  })

  test.each<[string, (facts: Record<string, unknown>) => unknown, RegExp]>([
    [
      'another format',
      facts => ({ ...facts, format: 'ballast-export-2' }),
      /ballast-export-1 is what is known/,
    ],
    ['a digest that is not its own', facts => ({ ...facts, digest: digestOf('x') }), /has the digest/],
    [
      'an unknown kind of record',
      facts => ({ ...facts, records: [{ id: 'a', kind: 'x', body: 1, createdAt: 1 }] }),
      /kind "x"/,
    ],
    ['no records', facts => ({ ...facts, records: {} }), /should be a list/],
    ['a list', () => [], /should be an object/],
    ['an origin without a server', facts => ({ ...facts, origin: {} }), /server should be a text/],
    [
      'a time before 1970',
      facts => ({ ...facts, origin: { ...(facts['origin'] as object), createdAt: -1 } }),
      /whole number/,
    ],
  ])('%s', async (_, change, why) => {
    const facts = JSON.parse(JSON.stringify(someFacts())) as Record<string, unknown>
    await refused(descriptionAlone(change(facts)), why)
  })

  test.each(['../up', '/etc/passwd', 'a//b', 'a\\b'])('a file named %j', async name => {
    const files = [{ name, digest: digestOf('x'), size: 1 }]
    const facts = someFacts({ manifest: { ...someFacts().manifest, files } })
    await expect(taken(descriptionAlone(facts))).rejects.toMatchObject({ code: 'MANIFEST_INVALID' })
  })
})

/** An archive whose first entry says this, and that ends there. */
function descriptionAlone(value: unknown): Buffer {
  const description = Buffer.from(JSON.stringify(value))
  return Buffer.concat([
    entryHeader('ballast-export.json', description.length),
    description,
    paddingAfter(description.length),
    ending(),
  ])
}
