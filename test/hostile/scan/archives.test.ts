import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { type Entry, zipOf } from '../formats/zip-bytes.ts'
import { call, EMPTY_DICT, join, PROTO, STOP, SYSTEM, text } from './pickle-bytes.ts'
import { scanBytes, told } from './world.ts'

const HARMLESS = join(PROTO(2), EMPTY_DICT, STOP)
const pkl = (data: Uint8Array, more: Partial<Entry> = {}): Entry => ({
  name: 'archive/data.pkl',
  data,
  ...more,
})
const version: Entry = { name: 'archive/version', data: Buffer.from('3\n') }
const torch = (...entries: readonly Entry[]): Uint8Array => zipOf([...entries, version])

describe('a dangerous pickle is found in an archive', () => {
  const hidden: [string, Uint8Array][] = [
    ['as PyTorch writes it', torch(pkl(SYSTEM))],
    ['deflated', torch(pkl(SYSTEM, { deflate: true }))],
    ['with sizes behind the data', torch(pkl(SYSTEM, { streamed: true }))],
    ['in the zip64 form', zipOf([pkl(SYSTEM, { zip64: true })], { zip64: true })],
    ['under any name', torch(pkl(HARMLESS), { name: 'archive/readme.txt', data: SYSTEM })],
    ['without an extension', torch(pkl(HARMLESS), { name: 'archive/.data/x', data: SYSTEM })],
    ['among the raw weights', torch(pkl(HARMLESS), { name: 'archive/data/0', data: SYSTEM })],
    ['with a flag of encryption that is not true', torch(pkl(SYSTEM, { central: { flags: 1 } }))],
    ['with a wrong checksum', torch(pkl(SYSTEM, { central: { crc32: 7 }, local: { crc32: 7 } }))],
    ['with another name in the local header', torch(pkl(SYSTEM, { local: { name: 'archive/data.txt' } }))],
    ['with another name in the directory', torch(pkl(SYSTEM, { central: { name: 'archive/data.txt' } }))],
    ['with another method in the directory', torch(pkl(SYSTEM, { central: { method: 99 } }))],
    ['with another size in the directory', torch(pkl(SYSTEM, { central: { size: 1 } }))],
    ['as the second of two of one name', torch(pkl(HARMLESS), pkl(SYSTEM))],
    ['as the first of two of one name', torch(pkl(SYSTEM), pkl(HARMLESS))],
    ['in an archive in an archive', zipOf([{ name: 'inner.zip', data: torch(pkl(SYSTEM)) }])],
    ['under gzip', gzipSync(torch(pkl(SYSTEM)))],
    ['behind a harmless pickle in front of the archive', join(HARMLESS, torch(pkl(SYSTEM)))],
    ['in front of a harmless archive', join(SYSTEM, torch(pkl(HARMLESS)))],
    ['behind a text', join('# a model\n'.repeat(9), torch(pkl(SYSTEM)))],
    ['in front of other bytes', join(torch(pkl(SYSTEM)), Buffer.alloc(100, 1))],
    ['where the end record counts fewer entries', zipOf([pkl(SYSTEM), version], { count: 1 })],
    ['without its directory', torch(pkl(SYSTEM)).subarray(0, -150)],
    ['in a .npz', zipOf([{ name: 'a.npy', data: SYSTEM }])],
    [
      'as the weights of a .keras file',
      zipOf([
        { name: 'config.json', data: Buffer.from('{}') },
        { name: 'model.weights.npz', data: SYSTEM },
      ]),
    ],
    [
      'whose entries only local headers know',
      join(zipOf([pkl(SYSTEM)]).subarray(0, 30 + 16 + SYSTEM.length), torch(pkl(HARMLESS))),
    ],
  ]
  test.each(hidden)('%s', async (_, content) => {
    const report = await scanBytes(content, 'model.pt')
    expect(told(report)).toContain('pickle/dangerous-call unsafe')
    expect(report.verdict).toBe('unsafe')
  })
})

describe('tricks of archives are told, with harmless content', () => {
  const entry = (more: Partial<Entry>): Uint8Array => torch(pkl(HARMLESS, more))
  const tricks: [string, Uint8Array, string][] = [
    [
      'two names for one entry',
      entry({ local: { name: 'archive/other.pkl' } }),
      'archive/disagreement unsafe',
    ],
    ['two sizes', entry({ central: { size: 3 } }), 'archive/disagreement unsafe'],
    ['two methods', entry({ central: { method: 8 } }), 'archive/disagreement unsafe'],
    ['an encryption flag in one header', entry({ central: { flags: 1 } }), 'archive/encrypted unknown'],
    ['a wrong checksum', entry({ central: { crc32: 7 }, local: { crc32: 7 } }), 'archive/checksum unknown'],
    [
      'a compression that is not read',
      entry({ central: { method: 97 }, local: { method: 97 } }),
      'archive/method unknown',
    ],
    ['two entries of one name', torch(pkl(HARMLESS), pkl(HARMLESS)), 'archive/duplicate unknown'],
    [
      'a path that climbs',
      torch(pkl(HARMLESS), { name: '../../.bashrc', data: Buffer.from('x') }),
      'archive/path unsafe',
    ],
    [
      'an absolute path',
      torch(pkl(HARMLESS), { name: '/etc/cron.d/x', data: Buffer.from('x') }),
      'archive/path unsafe',
    ],
    [
      'a path that climbs on Windows',
      torch(pkl(HARMLESS), { name: '..\\..\\x', data: Buffer.from('x') }),
      'archive/path unsafe',
    ],
    [
      'a bomb',
      torch(pkl(HARMLESS), {
        name: 'archive/x',
        data: Buffer.from('x'),
        deflate: true,
        central: { size: 2 ** 31 },
        local: { size: 2 ** 31 },
      }),
      'archive/bomb unsafe',
    ],
    ['bytes in front', join('#!/bin/true\n', torch(pkl(HARMLESS))), 'archive/hidden-entry unknown'],
    ['bytes behind', join(torch(pkl(HARMLESS)), Buffer.alloc(64, 1)), 'archive/hidden-entry unknown'],
    [
      'a program',
      torch(pkl(HARMLESS), { name: 'archive/x.so', data: join('\x7fELF\x02\x01\x01', Buffer.alloc(64)) }),
      'content/program unsafe',
    ],
    [
      'content of no known format',
      torch(pkl(HARMLESS), { name: 'archive/x', data: Uint8Array.of(1, 2, 3, 0, 0xff) }),
      'content/unrecognised unknown',
    ],
  ]
  test.each(tricks)('%s', async (_, content, finding) => {
    const report = await scanBytes(content, 'model.pt')
    expect(told(report)).toContain(finding)
    expect(report.verdict).not.toBe('safe')
  })
})

test('an honest archive has no finding, whatever its form', async () => {
  for (const more of [{}, { deflate: true }, { streamed: true }, { zip64: true }]) {
    const report = await scanBytes(torch(pkl(HARMLESS, more)), 'model.pt')
    expect(report).toMatchObject({ verdict: 'safe', findings: [] })
    expect(report.files[0]!.formats[0]).toBe('pytorch')
  }
})

test('an archive in an archive in an archive is looked into only so deep, and that is told', async () => {
  let content = torch(pkl(SYSTEM))
  for (let depth = 0; depth < 12; depth++) content = zipOf([{ name: 'inner.zip', data: content }])
  const report = await scanBytes(content, 'model.zip')
  expect(told(report)).toContain('content/limit unknown')
  expect(report.verdict).toBe('unknown')
})

test('raw weights that begin like a pickle are weights', async () => {
  const weights = Buffer.concat([Uint8Array.of(0x80, 0x02, 0x7d, 0x28, 0x63), Buffer.alloc(500, 0x41)])
  const report = await scanBytes(torch(pkl(HARMLESS), { name: 'archive/data/0', data: weights }), 'model.pt')
  expect(report.verdict).toBe('safe')
})

describe('tar archives', () => {
  const field = (value: string, length: number): Buffer =>
    Buffer.concat([Buffer.from(value), Buffer.alloc(length - value.length)])
  function tarOf(name: string, data: Uint8Array, type = '0', target = ''): Uint8Array {
    const header = Buffer.concat([
      ...[field(name, 100), field('0000644', 8), field('0000000', 8), field('0000000', 8)],
      ...[
        field(data.length.toString(8).padStart(11, '0'), 12),
        field('00000000000', 12),
        Buffer.from('        '),
      ],
      ...[Buffer.from(type), field(target, 100), field('ustar', 6), Buffer.from('00'), Buffer.alloc(247)],
    ])
    const sum = header.reduce((total, byte) => total + byte, 0)
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
    const padding = Buffer.alloc((512 - (data.length % 512)) % 512)
    return Buffer.concat([header, data, padding, Buffer.alloc(1024)])
  }

  test('a pickle in one is found', async () => {
    expect((await scanBytes(tarOf('model/data', SYSTEM), 'model.tar')).verdict).toBe('unsafe')
    expect((await scanBytes(gzipSync(tarOf('model/data', SYSTEM)), 'model.tar.gz')).verdict).toBe('unsafe')
    expect((await scanBytes(tarOf('model/data', HARMLESS), 'model.tar')).verdict).toBe('safe')
  })

  test.each([
    ['a path that climbs', tarOf('../x', HARMLESS), 'archive/path unsafe'],
    ['a link out', tarOf('x', new Uint8Array(0), '2', '/etc/passwd'), 'archive/link unsafe'],
    ['a device', tarOf('x', new Uint8Array(0), '3'), 'archive/link unsafe'],
  ])('%s', async (_, content, finding) => {
    expect(told(await scanBytes(content, 'model.tar'))).toContain(finding)
  })
})

test.each([
  ['7z', '7z\xbc\xaf\x27\x1c\0\x04'],
  ['RAR', 'Rar!\x1a\x07\x01\0'],
])('%s is not looked into, and says so', async (_, magic) => {
  const report = await scanBytes(join(magic, call('os', 'system', text('id')), Buffer.alloc(99)), 'model.pth')
  expect(told(report)).toContain('content/opaque-archive unknown')
  expect(report.verdict).toBe('unknown')
})

describe('archives that unpack to more than they should', () => {
  const big = Buffer.alloc(8 * 2 ** 20)

  test('entries that share their bytes are unpacked once', async () => {
    const packed = Buffer.from(zipOf([{ name: 'a', data: big, deflate: true }]))
    const start = packed.indexOf('PK\x01\x02', 0, 'latin1')
    const end = packed.indexOf('PK\x05\x06', 0, 'latin1')
    const entry = packed.subarray(start, end)
    const times = 3000
    const tail = Buffer.from(packed.subarray(end))
    tail.writeUInt16LE(times, 8)
    tail.writeUInt16LE(times, 10)
    tail.writeUInt32LE(entry.length * times, 12)
    const content = Buffer.concat([
      packed.subarray(0, start),
      ...Array.from({ length: times }, () => entry),
      tail,
    ])
    const report = await scanBytes(content, 'model.zip')
    expect(told(report)).toContain('archive/bomb unsafe')
    expect(told(report)).toContain('content/limit unknown')
  })

  test('after a few bombs nothing more is unpacked, and that is told', async () => {
    const bomb = (name: string): Entry => ({
      name,
      data: zstdCompressSync(Buffer.alloc(80 * 2 ** 20)),
    })
    const content = zipOf(Array.from({ length: 8 }, (_, index) => bomb(`${index}.zst`)))
    const report = await scanBytes(content, 'model.zip')
    expect(told(report).filter(finding => finding === 'content/limit unknown').length).toBeGreaterThan(0)
    expect(report.verdict).toBe('unknown')
  })
})
