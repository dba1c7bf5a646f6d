import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { bootId, isAlive, ownIdentity, parseStat } from '../../core/index.ts'
import { parseIdentity } from './identity.ts'

const BOOT = '0b1e4c9e-8a3f-4f43-9d0a-5a4d4a2b9c11'
const rest = `S 1 42 42 0 -1 4194560 ${'0 '.repeat(12)}987654 0 0`

describe('a line of /proc/<pid>/stat', () => {
  test.each([
    ['42 (sh) ', 42],
    ['42 (a) b (c) ', 42],
    ['42 (ends ) S 7 8 9) ', 42],
  ])('of %s', (begin, pid) => {
    expect(parseStat(begin + rest)).toEqual({ pid, state: 'S', parent: 1, startTime: '987654' })
  })

  test('is read as the kernel writes it', () => {
    const stat = parseStat(readFileSync('/proc/self/stat', 'latin1'))
    expect(stat).toMatchObject({ pid: process.pid, parent: process.ppid })
  })

  test.each(['', '42', '42 (sh)', '42 (sh) S 1 2', 'x (sh) S', `-1 (sh) ${rest}`])('is not %j', line => {
    expect(parseStat(line)).toBeUndefined()
  })
})

describe('what a shim records', () => {
  test('is an identity once it is whole, and none at any moment before', () => {
    const record = `42 (sh) ${rest}\n${BOOT}\n`
    expect(parseIdentity(record)).toEqual({ pid: 42, startTime: '987654', boot: BOOT })
    for (let length = 0; length < record.length; length++) {
      expect(parseIdentity(record.slice(0, length))).toBeUndefined()
    }
  })
})

describe('a process', () => {
  const own = ownIdentity()

  test('that runs is alive', () => {
    expect(own).toMatchObject({ pid: process.pid, boot: bootId() })
    expect(isAlive(own)).toBe(true)
  })

  test.each([
    ['another start time: the pid was given again', { startTime: '1' }],
    ['another boot', { boot: BOOT }],
    ['a pid that nobody has', { pid: 2 ** 22 + 1 }],
  ])('with %s is not the one', (_what, change) => {
    expect(isAlive({ ...own, ...change })).toBe(false)
  })
})
