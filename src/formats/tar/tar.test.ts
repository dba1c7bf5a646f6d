import { describe, expect, test } from 'vitest'
import { sourceOf } from '../../core/index.ts'
import { isTarHeader } from './header.ts'
import { surveyTar } from './survey.ts'

interface Made {
  readonly name: string
  readonly type?: string
  readonly target?: string
  readonly data?: string | Uint8Array
  readonly size?: string
  readonly prefix?: string
}

function block({ name, type = '0', target = '', data = '', size, prefix = '' }: Made): Buffer {
  const bytes = Buffer.from(data)
  const head = Buffer.alloc(512)
  head.write(name, 0, 100, 'latin1')
  head.write('0000644\0', 100, 'latin1')
  head.write(size ?? `${bytes.length.toString(8).padStart(11, '0')}\0`, 124, 12, 'latin1')
  head.write('        ', 148, 'latin1')
  head.write(type, 156, 'latin1')
  head.write(target, 157, 100, 'latin1')
  head.write('ustar\x0000', 257, 'latin1')
  head.write(prefix, 345, 155, 'latin1')
  const sum = head.reduce((all, byte) => all + byte, 0)
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return Buffer.concat([head, bytes, Buffer.alloc(-bytes.length & 511)])
}

const tarOf = (...entries: Made[]) => Buffer.concat([...entries.map(block), Buffer.alloc(1024)])
const survey = (bytes: Uint8Array) => surveyTar(sourceOf(bytes, 'm.tar'))
const kinds = async (...entries: Made[]) => (await survey(tarOf(...entries))).hazards.map(({ kind }) => kind)
const pax = (key: string, value: string): string => {
  const rest = ` ${key}=${value}\n`
  const length = rest.length + String(rest.length + 2).length
  return `${length}${rest}`
}

test('files, folders and their content', async () => {
  const { entries, hazards } = await survey(
    tarOf(
      { name: 'model/', type: '5' },
      { name: 'model/a.bin', data: 'abc' },
      { name: 'b', prefix: 'model', data: 'x'.repeat(600) },
    ),
  )
  expect(hazards).toEqual([])
  expect(entries.map(({ name, kind, size }) => [name, kind, size])).toEqual([
    ['model/', 'folder', 0],
    ['model/a.bin', 'file', 3],
    ['model/b', 'file', 600],
  ])
  expect(Buffer.from(await entries[1]!.open().read(0, 3)).toString()).toBe('abc')
})

test.each([
  ['pax', { name: 'PaxHeader', type: 'x', data: pax('path', `long/${'n'.repeat(200)}`) }],
  ['GNU', { name: '././@LongLink', type: 'L', data: `long/${'n'.repeat(200)}\0` }],
])('long names of %s', async (_, attributes) => {
  const { entries, hazards } = await survey(tarOf(attributes, { name: 'short', data: 'x' }, { name: 'next' }))
  expect(entries.map(({ name }) => name)).toEqual([`long/${'n'.repeat(200)}`, 'next'])
  expect(hazards).toEqual([])
})

test('a size of pax and one of base 256', async () => {
  const large = Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3]).toString('latin1')
  const { entries } = await survey(
    tarOf(
      { name: 'p', type: 'x', data: pax('size', '3') },
      { name: 'a', data: 'abc' },
      { name: 'b', data: 'xyz', size: large },
    ),
  )
  expect(entries.map(({ name, size }) => [name, size])).toEqual([
    ['a', 3],
    ['b', 3],
  ])
})

describe('hazards', () => {
  test.each<[string, Made[], string[]]>([
    ['a name that climbs', [{ name: '../a' }], ['climbing-name']],
    ['an absolute name', [{ name: '/etc/passwd' }], ['absolute-name']],
    ['a backslash', [{ name: 'a\\b' }], ['backslash']],
    ['a symbolic link', [{ name: 'a/b', type: '2', target: 'c' }], ['link']],
    ['a symbolic link within', [{ name: 'a/b', type: '2', target: '../c' }], ['link']],
    ['a symbolic link out', [{ name: 'a/b', type: '2', target: '../../c' }], ['link-out']],
    ['a hard link out', [{ name: 'a/b', type: '1', target: '../c' }], ['link-out']],
    ['an absolute link', [{ name: 'a', type: '2', target: '/etc/passwd' }], ['link-out']],
    [
      'a link out by its long target',
      [
        { name: 'k', type: 'K', data: '/etc/passwd\0' },
        { name: 'a', type: '2', target: 'b' },
      ],
      ['link-out'],
    ],
    ['a device', [{ name: 'a', type: '3' }], ['special-file']],
    ['a pipe', [{ name: 'a', type: '6' }], ['special-file']],
    ['another kind', [{ name: 'a', type: 'Z' }], ['unknown-type']],
    ['one name twice', [{ name: 'a' }, { name: './a' }], ['duplicate-name']],
    ['names that differ in case', [{ name: 'a' }, { name: 'A' }], ['case-only']],
    ['a sparse file', [{ name: 'a', type: 'S' }], ['sparse']],
    [
      'two sizes',
      [
        { name: 'p', type: 'x', data: pax('size', '2') },
        { name: 'a', data: 'abc' },
      ],
      ['size-differs'],
    ],
    [
      'broken attributes',
      [{ name: 'p', type: 'x', data: '9999 path=x\n' }, { name: 'a' }],
      ['header-broken'],
    ],
  ])('%s', async (_, entries, expected) => {
    expect(await kinds(...entries)).toEqual(expected)
  })

  test('what follows the end', async () => {
    const bytes = Buffer.concat([tarOf({ name: 'a' }), block({ name: 'hidden' })])
    expect((await survey(bytes)).hazards.map(({ kind }) => kind)).toEqual(['data-after'])
  })

  test('every truncation and any changed byte is a survey', async () => {
    const whole = tarOf(
      { name: 'p', type: 'x', data: pax('path', 'long') },
      { name: 'a', data: 'abc' },
      { name: 'b', data: 'd' },
    )
    for (let length = 0; length < whole.length; length += 37) await survey(whole.subarray(0, length))
    for (let at = 0; at < whole.length; at += 3) {
      const bytes = Buffer.from(whole)
      bytes[at] = bytes[at]! ^ 0xff
      const { entries } = await survey(bytes)
      for (const entry of entries) await entry.open().read(0, entry.size)
    }
    expect((await survey(whole.subarray(0, 518))).hazards.map(({ kind }) => kind)).toContain('truncated')
  })
})

test('a header is known by its checksum', () => {
  expect(isTarHeader(block({ name: 'a' }))).toBe(true)
  expect(isTarHeader(new Uint8Array(512))).toBe(false)
  expect(isTarHeader(Buffer.alloc(512, 'x'))).toBe(false)
})
