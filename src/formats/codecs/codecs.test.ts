import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { BallastError, type ByteSource, sourceOf } from '../../core/index.ts'
import { MAX_HELD_BYTES } from '../bytes/spool.ts'
import type { Wrapper } from '../types.ts'
import { detectWrapper } from './detect.ts'
import { decompress, unwrap, unwrapAll } from './unwrap.ts'

const FOLDER = 'test/fixtures/codecs'
const EXPECTED = JSON.parse(readFileSync(`${FOLDER}/expected.json`, 'utf8')) as Record<
  string,
  { wrapper: Wrapper[]; size: number; sha256: string }
>
const fixture = (name: string) => new Uint8Array(readFileSync(`${FOLDER}/${name}`))
const allOf = async (source: ByteSource) => source.read(0, source.size)
const unpacked = async (bytes: Uint8Array, wrapper: Wrapper) =>
  allOf(await unwrap(sourceOf(bytes, 'w'), wrapper))

test.each(Object.entries(EXPECTED))('%s', async (name, { wrapper, size, sha256 }) => {
  const found = await unwrapAll(sourceOf(fixture(name), name))
  expect(found.wrapper).toEqual(wrapper)
  const bytes = await allOf(found.source)
  expect(bytes.byteLength).toBe(size)
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256)
  await found.close()
})

test('every fixture is tried', () => {
  const files = readdirSync(FOLDER).filter(name => !/\.(py|json)$/.test(name) && name !== 'bcj.xz')
  expect(files.toSorted()).toEqual(Object.keys(EXPECTED).toSorted())
})
